package opstool

import (
	"fmt"
	"io"
	"math"
	"strconv"
)

// printer writes as C++ does: numbers with a fraction come out shortest (six digits at most) until a command asks for
// two decimals, which stays so for the rest of the run.
type printer struct {
	w     io.Writer
	fixed bool
}

// line writes its parts one after the other and ends the line.
func (p *printer) line(parts ...any) {
	p.part(parts...)
	fmt.Fprintln(p.w)
}

func (p *printer) part(parts ...any) {
	for _, v := range parts {
		if f, ok := v.(float64); ok {
			v = p.number(f)
		}
		fmt.Fprint(p.w, v)
	}
}

func (p *printer) number(f float64) string {
	switch {
	case math.IsNaN(f):
		return "-nan" // what 0/0 is on the machines that Curve runs on
	case p.fixed:
		return strconv.FormatFloat(f, 'f', 2, 64)
	default:
		return strconv.FormatFloat(roundTo6(f), 'g', -1, 64)
	}
}

// roundTo6 keeps six significant digits.
func roundTo6(f float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 6, 64), 64)
	if err != nil {
		return f
	}
	return r
}
