// Package clock stretches or shrinks every waiting time of the stand-ins.
//
// CURVE_CLOCK_SCALE is a factor: 0.05 makes ten seconds half a second. It is for this package's own tests; in the image
// it is not set and all times are the real ones. Timeouts of network calls are not scaled: they guard against a slow
// machine, and a test machine is as slow as any other.
package clock

import (
	"context"
	"os"
	"strconv"
	"time"
)

// Env is the variable that holds the factor.
const Env = "CURVE_CLOCK_SCALE"

var scale = read()

func read() float64 {
	f, err := strconv.ParseFloat(os.Getenv(Env), 64)
	if err != nil || f <= 0 {
		return 1
	}
	return f
}

// Scaled returns how long d really lasts.
func Scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * scale)
}

// Sleep waits for d, or until ctx ends; it reports whether d passed.
func Sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(Scaled(d))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// SessionTTL scales the lease of an election. etcd counts leases in whole seconds, so one is the least.
func SessionTTL(seconds int) int {
	return max(1, int(float64(seconds)*scale))
}
