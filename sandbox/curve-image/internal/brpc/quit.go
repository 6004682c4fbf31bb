package brpc

import (
	"os"
	"os/signal"
	"syscall"
)

// ExitTerminated is what a shell and the kubelet see when a program ends by SIGTERM (128 + SIGTERM).
const ExitTerminated = 143

// Quit tells how a process ends by a signal. brpc catches SIGINT always and SIGTERM only with
// -graceful_quit_on_sigterm; without it SIGTERM ends the process on the spot. Process number one of a container, which
// the kernel would spare, ends all the same.
type Quit struct {
	// Asked gets a signal that wants a clean end.
	Asked <-chan os.Signal
}

// CatchSignals starts to watch for signals.
func CatchSignals(graceful bool) Quit {
	asked := make(chan os.Signal, 1)
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for s := range caught {
			if s == syscall.SIGTERM && !graceful {
				os.Exit(ExitTerminated)
			}
			select {
			case asked <- s:
			default:
			}
		}
	}()
	return Quit{Asked: asked}
}

// TerminateSelf is what Curve's daemons do when they lose their session.
func TerminateSelf() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
}
