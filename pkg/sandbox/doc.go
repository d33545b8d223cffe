// Package sandbox is a stand-in for Intercom's REST API, as far as a campaign
// needs it: POST /messages, POST /contacts/search, POST /conversations/search,
// GET /me, /admins, /admins/{id}, /tags and /segments. Demo, tests and rehearsals
// talk to it instead of to real people.
//
// It judges the wire. It shares no code with the client it is used to test:
// it reads requests with its own strict decoder (exact member names, no
// unknown or repeated members, no wrong JSON types, nothing after the object)
// and answers what Intercom's documentation says. It has four more jobs:
//
//   - Trouble on demand. [Options] gives it a rate limit with 10-second
//     windows, contacts that are unknown, too new, unsubscribed, archived or
//     merged, a restricted plan, latency, and [Fault]s: refusals, resets before and
//     after a message was taken, cut bodies, answers that are not JSON. All of
//     it is decided by a seed and the contact's id, so a run can be repeated.
//   - Testimony. [Witness] says what really arrived: messages, recipients who
//     were written to twice, the fullest sliding window, and a digest that is
//     equal for two runs exactly if they had the same messages delivered.
//   - People. [Person] gives contacts names, addresses, tags, consent; [ReadPeople]
//     reads them from a file and [Crowd] makes them up. Searches find them, and
//     the conversations that messages open at once or [Replies] open later.
//   - A view. Its root page shows the inbox as a person would see it.
//
// A [Sandbox] is an [http.Handler]; [Listen] puts one on a socket:
//
//	box := sandbox.New(sandbox.Options{Limit: 167})
//	server, err := sandbox.Listen(ctx, "127.0.0.1:0", box)
//	if err != nil {
//		return err
//	}
//	defer server.Close()
//	// point the client at server.URL(), then ask box.Witness()
//
// # Order of judgement
//
// A request is counted by the witness and takes its place in the window (429
// when it is full), whatever else is wrong with it. Then come the token (401),
// the plan (403), the version (400), Accept (406) and Content-Type (415), for
// messages the body (400, 422), the injected fault, the sender (404) and each
// recipient. A message is recorded before its answer is delayed by the
// latency: a client that gives up waiting has sent it nevertheless.
//
// # Control
//
// Beside the API, on the same address, are paths that need no token and that
// neither the witness nor the window count:
//
//	GET  /                           the inbox page; ?message=ID shows one
//	GET  /_sandbox/witness           the Witness as JSON
//	GET  /_sandbox/deliveries        a JSON line for each recipient: id, count, message_id
//	GET  /_sandbox/deliveries?over=1 only those delivered to more than once
//	POST /_sandbox/reply?contact=ID  the contact replies to its latest message
//	POST /_sandbox/reply?message=ID  somebody replies to this message
//	POST /_sandbox/reset             forgets messages, conversations and counts; the window goes on
//
// # What it does not know
//
// Where the documentation is silent the sandbox has to choose: a 429 takes no
// place in the window, a request without Intercom-Version is served as the
// newest version, and a merged contact is answered 410 client_error. A message
// may call a lead a user. In searches
//
//   - the email to look for has to be in small letters, and is compared with the
//     contact's in small letters, which comes back as it was given;
//   - all other texts are compared letter by letter;
//   - IN and NIN take 50 values (Options.MaxValues), tag_id and segment_id go with
//     = and != only;
//   - results are listed the newest first, by time of creation and then by id;
//   - numbers, times and booleans may be sent as strings.
//
// A conversation that a reply opens is created with the reply, gives the
// message's id as source.id, and a body of plain text back as HTML, in
// paragraphs of class no-margin, as answers of the API have been seen to.
package sandbox
