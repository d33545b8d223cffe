package campaign

import (
	"fmt"
	"strconv"
	"text/template/parse"
)

// call returns (_field base i) as a node. Its nodes come out of a parser, since
// only those can tell the executor their place when something fails: here the
// number of the site.
func call(base string, i int) *parse.PipeNode {
	text := fmt.Sprintf("(%s . %d)", fieldFunction, i)
	node := snippet(sitePrefix+strconv.Itoa(i), text).Args[0].(*parse.PipeNode)
	if base != "" {
		node.Cmds[0].Args[1] = variableNode(base)
	}
	return node
}

// sitePrefix begins the names of the pieces of template that read a site.
const sitePrefix = fieldFunction + " "

func variableNode(name string) parse.Node {
	return &parse.VariableNode{NodeType: parse.NodeVariable, Ident: []string{name}}
}

// snippet parses a single command.
func snippet(name, text string) *parse.CommandNode {
	t := parse.New(name)
	t.Mode = parse.SkipFuncCheck
	if _, err := t.Parse("{{"+text+"}}", "", "", map[string]*parse.Tree{}); err != nil {
		panic("campaign: bad snippet: " + err.Error())
	}
	return t.Root.Nodes[0].(*parse.ActionNode).Pipe.Cmds[0]
}
