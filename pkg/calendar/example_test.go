package calendar_test

import (
	"fmt"
	"time"

	"github.com/herald-campaigns/herald/pkg/calendar"
)

func ExampleRules_Forecast() {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	days, _ := calendar.ParseDays("mon-fri")
	window, err := calendar.NewWindow(days, 9*60, 17*60)
	if err != nil {
		panic(err)
	}
	rules := calendar.Rules{Window: window, Zone: berlin}
	friday := time.Date(2026, 12, 4, 16, 0, 0, 0, berlin)
	f := rules.Forecast(friday, map[*time.Location]int{berlin: 100_000}, 16, 0)
	fmt.Println(f.Sending.Round(time.Minute), "of sending, done", f.Done.In(berlin).Format("Mon 2 Jan 15:04"))
	for _, w := range f.Waits {
		fmt.Println("waits for", w.Reason, "until", w.Until.In(berlin).Format("Mon 2 Jan 15:04"))
	}
	// Output:
	// 1h44m0s of sending, done Mon 7 Dec 09:44
	// waits for send-window until Mon 7 Dec 09:00
}

func ExampleGate() {
	evening := func() time.Time { return time.Date(2026, 12, 7, 19, 30, 0, 0, time.UTC) }
	gate := calendar.NewGate(calendar.Rules{
		Window: calendar.Window{From: 9 * 60, To: 17 * 60}, Zone: time.UTC,
	}, evening)
	_, wait := gate.Enter(nil)
	fmt.Println(wait.Reason, wait.Until.Format("Mon 15:04"))
	// Output: send-window Tue 09:00
}
