"""A reverse proxy that serves one path only, and hands it on or cuts it off."""
import http.client
import http.server
import threading
import urllib.parse


class Proxy:
    def __init__(self, target, path, keep_path):
        host = urllib.parse.urlsplit(target).netloc

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path != path and not self.path.startswith(path + "/"):
                    return self.send_error(404)
                behind = http.client.HTTPConnection(host, timeout=60)
                behind.request("GET", self.path if keep_path else self.path.removeprefix(path) or "/")
                answer = behind.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                behind.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
