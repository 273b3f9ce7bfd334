// The program: standard streams, signals, then cli::run.
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/command.h"

namespace {

// A handler may only do what is safe in a signal: one byte into a pipe, whose other end a thread reads. Signals are
// handled rather than blocked because children inherit a mask, but not a handler.
int signal_pipe[2] = {-1, -1};

extern "C" void on_signal(int) {
  const int saved = errno;
  const char byte = 's';
  static_cast<void>(!::write(signal_pipe[1], &byte, 1));
  errno = saved;
}

void read_signals(const std::stop_source& stop) {
  char byte = 0;
  while (::read(signal_pipe[0], &byte, 1) < 0 && errno == EINTR) {
  }
  if (byte != 's') return;  // the program ends by itself
  stop.request_stop();
  // Whoever asks a second time means it.
  while (::read(signal_pipe[0], &byte, 1) < 0 && errno == EINTR) {
  }
  if (byte == 's') ::_exit(130);
}

void install_handlers() {
  if (::pipe2(signal_pipe, O_CLOEXEC) != 0) ::_exit(1);
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

}  // namespace

int main(int argc, char** argv) {
  install_handlers();
  std::stop_source stop;
  std::jthread signals([&stop] { read_signals(stop); });

  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  const bool color = terminal && (no_color == nullptr || *no_color == '\0');
  trimtab::cli::Streams streams{std::cin, std::cout, std::cerr, terminal, color, terminal_width(), stop.get_token()};
  const int code = trimtab::cli::run({argv + 1, argv + argc}, streams);

  const char end = 'e';
  static_cast<void>(!::write(signal_pipe[1], &end, 1));
  return code;
}
