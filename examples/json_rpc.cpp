// JSON-RPC 2.0 over WebSocket, with values of the program's own types: a server that adds, and a client that
// asks it.

#include <bowline/bowline.h>
#include <bowline/coded.h>
#include <bowline/json.h>

#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

using namespace bowline;

namespace {

struct Request {
  std::string jsonrpc = "2.0";
  std::string method;
  std::vector<int> params;
  int id = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Request, jsonrpc, method, params, id)

struct Response {
  std::string jsonrpc = "2.0";
  int result = 0;
  int id = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Response, jsonrpc, result, id)

template <class Connection>
void serve(Connection connection) {
  connection.receive().detach([connection](const Result<Request>& request) mutable {
    if (!request.has_value()) return;  // it has left, or speaks something else
    const int sum = std::accumulate(request->params.begin(), request->params.end(), 0);
    connection.send(Response{"2.0", sum, request->id}).detach();
    serve(connection);
  });
}

}  // namespace

int main() {
  Loop loop;
  const auto below = websocket(tcp(), WebSocketOptions().subprotocol("jsonrpc"));
  auto listener = listen(loop, loopback(0), coded<Response, Request>(below, JsonCodec()));
  if (!listener.has_value()) return 1;
  listener->on_connection([](auto connection) { serve(std::move(connection)); });

  auto client =
      connect(loop, listener->local_address(), coded<Request, Response>(below, JsonCodec()));
  client.send(Request{"2.0", "add", {1, 2, 39}, 7}).detach();
  const Result<Response> response = client.receive().wait();
  if (!response.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(response.error()).c_str());
    return 1;
  }
  std::printf("%d: %d\n", response->id, response->result);
  static_cast<void>(client.close().wait());
}
