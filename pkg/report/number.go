package report

import (
	"fmt"
	"strconv"
	"time"
)

// Number writes n with a comma between thousands: 50,000.
func Number(n int) string {
	digits := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(digits) - 3; i > first; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Duration writes d in the one or two units that matter to people: 84 ms, 3.2 s,
// 45 s, 3 min 20 s, 2 h 5 min, 4 d 3 h.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return "< 1 ms"
	case d < time.Second-time.Millisecond/2:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	case d < 10*time.Second-50*time.Millisecond:
		return strconv.FormatFloat(d.Round(100*time.Millisecond).Seconds(), 'f', -1, 64) + " s"
	case d < time.Minute-time.Second/2:
		return units(d, time.Second, "s", time.Second, "s")
	case d < time.Hour-time.Second/2:
		return units(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour-time.Minute/2:
		return units(d, time.Hour, "h", time.Minute, "min")
	}
	return units(d, 24*time.Hour, "d", time.Hour, "h")
}

// units writes d as so many of one unit and, unless zero, the rest in a smaller
// one.
func units(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	d = d.Round(small)
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest != 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}

// Bytes writes a size in binary units: 512 B, 1.5 KiB, 64 MiB.
func Bytes(n int64) string {
	const names = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, i := float64(n)/1024, 0
	for size >= 1023.95 && i < len(names)-1 {
		size /= 1024
		i++
	}
	precision := 0
	if size < 9.95 {
		precision = 1
	}
	return strconv.FormatFloat(size, 'f', precision, 64) + " " + names[i:i+1] + "iB"
}

// share writes part of whole in percent. It does not round a little away, nor
// all but a little up: 3 of 50,000 is not none, and 49,997 are not all.
func share(part, whole int) string {
	percent := 100 * float64(part) / float64(max(whole, 1))
	switch {
	case part == whole && whole > 0:
		return "100 %"
	case part > 0 && percent < 0.1:
		return "< 0.1 %"
	case percent > 99.9:
		return "> 99.9 %"
	}
	return strconv.FormatFloat(percent, 'f', 1, 64) + " %"
}
