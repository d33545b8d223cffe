package report

import (
	"math"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 50_000: "50,000", 1_234_567: "1,234,567",
		-1: "-1", -999: "-999", -1000: "-1,000", -123_456: "-123,456",
		math.MinInt: "-9,223,372,036,854,775,808",
	} {
		if got := Number(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]string{
		"0s": "0 s", "300us": "< 1 ms", "1ms": "1 ms", "84.4ms": "84 ms", "999.4ms": "999 ms", "999.6ms": "1 s",
		"1.04s": "1 s", "3.25s": "3.3 s", "9.94s": "9.9 s", "9.96s": "10 s", "45.4s": "45 s", "59.4s": "59 s",
		"59.6s": "1 min", "60s": "1 min", "200s": "3 min 20 s", "59m59.4s": "59 min 59 s", "59m59.6s": "1 h",
		"2h5m": "2 h 5 min", "2h5m40s": "2 h 6 min", "23h59m40s": "1 d", "99h10m": "4 d 3 h", "-3s": "-3 s",
	} {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Duration(d); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 10 << 10: "10 KiB", 1<<20 - 1: "1.0 MiB",
		64 << 20: "64 MiB", 5 << 30: "5.0 GiB", math.MaxInt64: "8.0 EiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestShareNeverRoundsPeopleAway(t *testing.T) {
	for _, test := range []struct {
		part, whole int
		want        string
	}{
		{0, 0, "0.0 %"}, {0, 10, "0.0 %"}, {10, 10, "100 %"}, {1, 3, "33.3 %"},
		{3, 50_000, "< 0.1 %"}, {49_997, 50_000, "> 99.9 %"},
	} {
		if got := share(test.part, test.whole); got != test.want {
			t.Errorf("%d of %d is %s, want %s", test.part, test.whole, got, test.want)
		}
	}
}
