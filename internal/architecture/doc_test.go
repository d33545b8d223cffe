// Package architecture holds no code, only tests that read this repository's
// files as text and hold them to what reviews would otherwise have to look for:
//
//   - the import direction, and who may use which dependency (imports_test.go);
//   - what packages under pkg may not do: print, exit, log, catch signals, keep
//     state in init; and that nobody sleeps (calls_test.go);
//   - that every exported name has its comment (comments_test.go);
//   - the size of functions and files (size_test.go);
//   - that no file names a machine's folders or a package registry (text_test.go).
//
// Each check is a function of one file, and has a test of its own that shows it
// failing on a sample.
package architecture
