// Package intercom speaks to Intercom's API: it creates messages, asks who the
// token belongs to, and searches contacts and conversations.
//
// A [Client] makes exactly one request a call and never retries, because the
// API has no idempotency key: a POST repeated by anybody writes to a person
// twice. Instead, each error carries a [Class] that says what is known about
// the request, and therefore what may be done next:
//
//	Sent       the API accepted the message
//	NotSent    certainly not created: it may be sent again
//	Throttled  429, certainly not created: wait for the window, send it again
//	Refused    this message is refused, others may pass
//	Hopeless   every message would be refused: stop
//	Unknown    nobody can tell whether it was created: never send it again unasked
//
// The zero value of a Class is Unknown, and so is the class of an error that
// did not come from this package: doubt is the default.
//
// # What is certain
//
// A request whose headers did not leave this machine was not sent. That is
// learnt from [net/http/httptrace] and from a count of the bytes that each
// connection took. Once the headers may have left, only a status line decides:
// an answer of 200 whose body is cut off is Sent, with an empty id.
//
// Connections are looked at before they are used again, and dropped if the other
// side has closed them, or sent anything, meanwhile. There is one request at a
// time on each, and HTTP/1.1 only: what breaks leaves one message in doubt.
//
// # Reading
//
// Everything but CreateMessage only reads, and may be asked again whatever the
// class is: there, Unknown says that no answer came that can be used. An answer
// without the list that was asked for is such a one, never an empty list.
//
// Searches take a [Query] made of filters, which is checked against the limits
// that Intercom documents before anything is sent, and answer page by page.
// What this package says of the API is Intercom's own description of version
// 2.15, unless a comment names another source or a doubt.
//
// # The token
//
// The token is a [Secret]: no verb of fmt, no encoder and no logger shows it.
// It is removed from every text of an [Error], whoever put it there, and is
// refused for plain http unless the host is this machine. A token of fewer than
// 8 bytes is made up, for a sandbox, and stays where it occurs in a text.
//
// # Requests and the rate limit
//
// Options.Wrap puts a caller's round tripper between the client and the
// network. Every request of the client passes it exactly once.
package intercom
