// Package calendar knows when a campaign may send: from a start on, in a window
// of the day, so many a day, and not after an end.
//
//	rules := calendar.Rules{
//		Window:    window, // mon-fri, 09:00 to 18:00
//		Zone:      berlin,
//		MaxPerDay: 20_000,
//	}
//	gate := calendar.NewGate(rules, nil)
//	pass, wait := gate.Enter(nil) // before each message
//
// [Rules] are plain values. A [Gate] applies them to a run, message by message,
// and counts the days' messages; [Rules.Forecast] says when so many rows will
// be through.
//
// # The clock on the wall
//
// A window is open while the clock on the recipient's wall shows a time in it,
// and nothing else counts. So where clocks are put forward, a window from 02:30
// to 04:00 opens at 03:00, and one from 02:00 to 03:00 does not open on that
// day. Where they are put back, a window from 02:00 to 02:30 opens twice. A
// window of eight hours may thus be open for seven or nine.
//
// A window from 22:00 to 06:00 crosses midnight. It belongs to the day on which
// it opens: with mon-fri it is open on Saturday until 06:00, and not on Monday
// before 22:00.
//
// Times are those of the wall clock: readings of the monotonic clock, which
// stands still while a laptop sleeps, are dropped.
//
// Time zones come from the system, or from time/tzdata where the program
// embeds it.
package calendar
