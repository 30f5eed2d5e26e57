// Asio: asynchronous operations, each run to its end or to the timeout, as its
// documentation does for a call with a timeout. mode=sync: its synchronous
// calls, which have none.
#include "blocking.h"

#include <asio.hpp>
#include <chrono>

using asio::ip::tcp;
using asio::ip::udp;

static asio::io_context io(1);
static tcp::endpoint stream_aim;
static udp::endpoint datagram_aim;
static bool synchronous;

// Run what was begun on s.
template <class Socket> static void run(Socket &s)
{
    io.restart();
    io.run_for(std::chrono::milliseconds(BENCH_TIMEOUT_MS));
    if (!io.stopped()) {
        s.close();
        bench_fail("timed out");
    }
}

static void check(const std::error_code &error)
{
    if (error)
        bench_fail(error.message().c_str());
}

static tcp::socket &stream(peer c)
{
    return *reinterpret_cast<tcp::socket *>(c);
}

static udp::socket &datagram(peer c)
{
    return *reinterpret_cast<udp::socket *>(c);
}

void peer_start(const bench_task *t)
{
    synchronous = bench_mode(t, "sync");
}

void peer_aim(const char *host, int port)
{
    const auto number = static_cast<unsigned short>(port);

    stream_aim = tcp::endpoint(asio::ip::make_address(host), number);
    datagram_aim = udp::endpoint(stream_aim.address(), number);
}

bool peer_connect(peer *out)
{
    auto *s = new tcp::socket(io);
    std::error_code error;

    *out = reinterpret_cast<peer>(s);
    if (synchronous) {
        s->connect(stream_aim, error);
    } else {
        s->async_connect(stream_aim, [&](std::error_code e) { error = e; });
        run(*s);
    }
    if (!error)
        return true;
    if (error != asio::error::connection_refused)
        check(error);
    delete s;
    return false;
}

void peer_send(peer c, const void *data, size_t len)
{
    const auto bytes = asio::buffer(data, len);
    std::error_code error;

    if (synchronous) {
        asio::write(stream(c), bytes, error);
    } else {
        asio::async_write(stream(c), bytes,
                          [&](std::error_code e, size_t) { error = e; });
        run(stream(c));
    }
    check(error);
}

size_t peer_recv(peer c, void *buf, size_t cap)
{
    const auto bytes = asio::buffer(buf, cap);
    std::error_code error;
    size_t got = 0;

    if (synchronous) {
        got = stream(c).read_some(bytes, error);
    } else {
        stream(c).async_read_some(bytes, [&](std::error_code e, size_t n) {
            error = e;
            got = n;
        });
        run(stream(c));
    }
    if (error == asio::error::eof)
        return 0;
    check(error);
    return got;
}

void peer_finish(peer c)
{
    stream(c).shutdown(tcp::socket::shutdown_send);
}

void peer_close(peer c)
{
    delete &stream(c);
}

peer peer_listen(int *port)
{
    auto *a = new tcp::acceptor(io, tcp::endpoint(tcp::v4(), 0));

    a->listen(BENCH_BACKLOG);
    *port = a->local_endpoint().port();
    return reinterpret_cast<peer>(a);
}

peer peer_accept(peer listener)
{
    auto *a = reinterpret_cast<tcp::acceptor *>(listener);
    auto *s = new tcp::socket(io);
    std::error_code error;

    a->accept(*s, error);
    check(error);
    return reinterpret_cast<peer>(s);
}

peer peer_datagram(int *port)
{
    const udp::endpoint at(asio::ip::make_address("127.0.0.1"), 0);
    auto *s = new udp::socket(io, at);

    *port = s->local_endpoint().port();
    return reinterpret_cast<peer>(s);
}

void peer_send_to(peer c, const void *data, size_t len)
{
    const auto bytes = asio::buffer(data, len);
    std::error_code error;

    if (synchronous) {
        datagram(c).send_to(bytes, datagram_aim, 0, error);
    } else {
        datagram(c).async_send_to(
            bytes, datagram_aim, [&](std::error_code e, size_t) { error = e; });
        run(datagram(c));
    }
    check(error);
}

size_t peer_recv_from(peer c, void *buf, size_t cap)
{
    const auto bytes = asio::buffer(buf, cap);
    std::error_code error;
    udp::endpoint from;
    size_t got = 0;

    if (synchronous) {
        got = datagram(c).receive_from(bytes, from, 0, error);
    } else {
        datagram(c).async_receive_from(bytes, from,
                                       [&](std::error_code e, size_t n) {
                                           error = e;
                                           got = n;
                                       });
        run(datagram(c));
    }
    check(error);
    return got;
}

// ---- Many connections ------------------------------------------------------

namespace
{

// A client of the crowd: receives, sends that back, and goes on.
struct client {
    explicit client(tcp::socket connected)
        : socket(std::move(connected))
    {
    }

    void receive()
    {
        socket.async_read_some(asio::buffer(bytes),
                               [this](std::error_code error, size_t n) {
                                   if (error)
                                       delete this;
                                   else
                                       send(n);
                               });
    }

    void send(size_t n)
    {
        asio::async_write(socket, asio::buffer(bytes, n),
                          [this](std::error_code error, size_t) {
                              check(error);
                              receive();
                          });
    }

    tcp::socket socket;
    char bytes[2048];
};

void accept_all(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&](std::error_code error, tcp::socket connected) {
        check(error);
        (new client(std::move(connected)))->receive();
        accept_all(acceptor);
    });
}

void crowd(const bench_task *t)
{
    int port;
    peer listener;

    peer_start(t);
    listener = peer_listen(&port);
    bench_say_port(port);
    accept_all(*reinterpret_cast<tcp::acceptor *>(listener));
    io.run();
}

} // namespace

int main(int argc, char **argv)
{
    static const bench_workload workloads[] = {
        BLOCKING_WORKLOADS,
        { "datagrams", blocking_datagrams },
        { "crowd", crowd },
        { nullptr, nullptr },
    };

    return bench_main(argc, argv, workloads);
}
