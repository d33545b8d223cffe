// Package preview shows the messages of a campaign before anybody gets one: it
// finds rows worth looking at in a source of any size, and serves a page for a
// browser on this machine.
//
// A [View] is a campaign bound to its source. [View.Find] looks for a row by its
// key or a field, [Sample] spreads rows over the source, [View.Extremes] finds
// the longest, the shortest and the sparsest message. None of them keeps more
// than a handful of rows.
//
// [Listen] serves the page. Contact data is foreign, and some of it is HTML, so:
//
//   - The server listens on a loopback address, below a path that nobody can
//     guess, and answers no request that names another host or comes from
//     another site's page: a name that is made to point to this machine (DNS
//     rebinding) opens nothing.
//   - A message is a document of its own, in a frame with an empty sandbox
//     attribute and under a policy of its own that says sandbox once more, allows
//     inline styles and data: pictures, and nothing else. Scripts don't run,
//     forms don't submit, nothing is loaded from the network. What makes a
//     browser connect to a host even so (preconnect, frames, the press of a
//     mouse on a link) is taken out of it.
//   - The page's own policy lets frames show nothing but this server's messages,
//     so that a link in a message leads nowhere.
//   - The package knows no access token.
//
// The page is made on the server for each row; its small script only reloads it
// when a file is saved, and adds keys. It needs nothing from the network.
package preview
