#include "servers.h"

#include <bowline/async.h>

#include "measure.h"

namespace bowline::test {

namespace {

constexpr const char* python = "/usr/bin/python3";

Endpoint every_address(std::uint16_t port) {
  return SocketAddress(IpAddress::any(Family::ipv6), port);
}

Task<> echo(StreamConnection connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->empty()) break;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) break;
  }
  const Result<void> closed = co_await connection.close();
  static_cast<void>(closed);
}

Task<> hold(StreamConnection connection) {
  const Result<Message> received = co_await connection.receive();
  static_cast<void>(received);
}

void serve(std::uint16_t port, Conduct conduct) {
  const DescriptorLimit limit(1'000'000);
  Loop loop;
  std::vector<StreamConnection> ignored;
  auto listener = listen(loop, every_address(port), tcp());
  auto questions = listen(loop, every_address(static_cast<std::uint16_t>(port + 1)), tcp());
  if (!listener.has_value() || !questions.has_value()) return tell("cannot listen");
  listener->on_connection([&](StreamConnection connection) {
    switch (conduct) {
      case Conduct::echo: return spawn(echo(std::move(connection)));
      case Conduct::hold: return spawn(hold(std::move(connection)));
      case Conduct::ignore: return ignored.push_back(std::move(connection));
    }
  });
  questions->on_connection([](const StreamConnection&) {
    tell("heap " + std::to_string(heap_bytes()));
    tell("descriptors " + std::to_string(count_descriptors()));
  });
  tell("ready");
  loop.run();
}

}  // namespace

Child start_nginx(Lab& lab) {
  const std::string dir = lab.folder().string();
  const std::string conf = lab.write_file("nginx.conf", R"(
daemon off; master_process off; error_log stderr notice; pid )" +
                                                            dir + R"(/nginx.pid;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 80; listen [::]:80; location / { return 200 "nginx\n"; } }
})");
  Child nginx = lab.start({"nginx", "-p", dir, "-e", "stderr", "-c", conf});
  EXPECT_TRUE(nginx.says("event method")) << nginx.said();
  return nginx;
}

Child start_python(Lab& lab, const std::string& address) {
  const std::string page = lab.write_file("index.html", "python\n");
  Child server = lab.start({python, "-u", "-m", "http.server", "--bind", address, "--directory",
                            lab.folder().string(), "80"});
  EXPECT_TRUE(server.says("Serving HTTP")) << page << server.said();
  return server;
}

Child start_unbound(Lab& lab) {
  const std::string conf = lab.write_file("unbound.conf", R"(
server:
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: ")" + lab.folder().string() + R"("
  pidfile: ""
  verbosity: 1
  num-threads: 1
  interface: 192.0.2.53
  access-control: 192.0.2.0/24 allow
  module-config: "iterator"
  local-zone: "bowline.test." static
  local-data: "www.bowline.test. A 192.0.2.2"
  local-data: "www.bowline.test. AAAA 2001:db8::2"
remote-control:
  control-enable: no
)");
  Child unbound = lab.start({"unbound", "-d", "-c", conf});
  EXPECT_TRUE(unbound.says("start of service")) << unbound.said();
  return unbound;
}

Child start_dnsmasq(Lab& lab) {
  Child dnsmasq = lab.start({"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                             "--no-hosts", "--no-resolv", "--user=root", "--pid-file",
                             "--log-facility=-", "--listen-address=192.0.2.53", "--bind-interfaces",
                             "--host-record=www.bowline.test,192.0.2.2,2001:db8::2"});
  EXPECT_TRUE(dnsmasq.says("started, version")) << dnsmasq.said();
  return dnsmasq;
}

Child start_dns(Lab& lab, std::vector<std::string> rules, const std::string& address) {
  Child::Arguments arguments{python, "-u", BOWLINE_SOURCE_DIR "/tests/linux/dns_server.py",
                             address};
  arguments.insert(arguments.end(), rules.begin(), rules.end());
  Child server = lab.start(arguments);
  EXPECT_TRUE(server.says("ready")) << server.said();
  return server;
}

Child start_listener(Lab& lab, std::uint16_t port, Conduct conduct) {
  Child child = lab.start([=] { serve(port, conduct); });
  EXPECT_TRUE(child.says("ready")) << child.said();
  return child;
}

EchoServer::EchoServer(Loop& loop, std::uint16_t port, const Tcp& stack) {
  listener = listen(loop, every_address(port), stack).value();
  listener.on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
}

}  // namespace bowline::test
