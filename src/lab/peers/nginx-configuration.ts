/**
 * The configuration of an nginx that relays: one process, and nothing on disk, as a proxy that stores
 * what its client does not read yet would be no relay. `server`: the lines of its only server.
 */
export function nginxConfiguration(directory: string, server: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
user root;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  access_log off;
${temporary.map(name => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
  sendfile on;
  tcp_nodelay on;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffers 16 64k;
  proxy_buffer_size 64k;
  proxy_max_temp_file_size 0;
  server {
    ${server.join('\n    ')}
  }
}
`
}
