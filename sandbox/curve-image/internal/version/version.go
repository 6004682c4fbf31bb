// Package version names the release that the stand-ins imitate.
package version

// Curve is what the bvar curve_version of every daemon says. The real one ends in a commit id; this one says what it is.
const Curve = "1.2.6+standin"
