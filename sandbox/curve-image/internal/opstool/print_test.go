package opstool

import (
	"math"
	"strings"
	"testing"
)

func TestNumbersLookAsInCPlusPlus(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 100: "100", 100.0 / 3: "33.3333", 0.5: "0.5", 12345678: "1.23457e+07"} {
		p := printer{}
		if got := p.number(f); got != want {
			t.Errorf("%v is %s, want %s", f, got, want)
		}
	}
	p := printer{fixed: true}
	if got := p.number(100.0 / 3); got != "33.33" {
		t.Errorf("with two decimals: %s", got)
	}
	if got := p.number(math.NaN()); got != "-nan" {
		t.Errorf("0/0: %s", got)
	}
}

func TestALineHasNoBlanksOfItsOwn(t *testing.T) {
	var b strings.Builder
	p := printer{w: &b}
	p.line("total: ", 3, ", ratio: ", 0.0, "%")
	if b.String() != "total: 3, ratio: 0%\n" {
		t.Errorf("%q", b.String())
	}
}
