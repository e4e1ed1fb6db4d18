package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hiklua/hiklua/runtime/nearest"
)

// noSuchCommand is the error of "hiklua NAME" for a NAME that is no command.
func noSuchCommand(a *app, root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	m := &misuse{fmt.Sprintf("unknown command %q", name), a.name + " --help"}
	if filepath.Ext(name) == ".lua" {
		m.try = a.name + " exec " + shellWord(name)
	} else if near := nearest.Word(name, names); near != "" {
		m.problem += fmt.Sprintf(" (did you mean %q?)", near)
		m.try = a.name + " " + near + " --help"
	}
	return m
}

// flagMisuse says what is wrong with a flag, in our words.
func flagMisuse(a *app, c *cobra.Command, err error) error {
	m := &misuse{err.Error(), helpOf(a, c)}
	var missing *pflag.NotExistError
	var needy *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	var unknown *unknownValue
	switch {
	case errors.As(err, &missing):
		name := missing.GetSpecifiedName()
		if missing.GetSpecifiedShortnames() != "" {
			m.problem = fmt.Sprintf("unknown flag -%s", name)
			break
		}
		m.problem = fmt.Sprintf("unknown flag --%s", name)
		if near := nearest.Word(name, flagNames(c)); near != "" {
			m.problem += fmt.Sprintf(" (did you mean --%s?)", near)
			m.try = commandLine(a, c) + " --" + near + argumentOf(c.Flag(near))
		}
	case errors.As(err, &needy):
		f := needy.GetFlag()
		m.problem = fmt.Sprintf("--%s needs a value", f.Name)
		m.try = commandLine(a, c) + " --" + f.Name + argumentOf(f)
	case errors.As(err, &bad):
		f := bad.GetFlag()
		m.problem = fmt.Sprintf("--%s: %s", f.Name, valueProblem(f, bad))
		m.try = commandLine(a, c) + " --" + f.Name + argumentOf(f)
		if errors.As(err, &unknown) && unknown.near() != "" {
			m.try = commandLine(a, c) + " --" + f.Name + " " + unknown.near()
		}
	}
	return m
}

// valueProblem says what is wrong with a flag's value, without the words of Go.
func valueProblem(f *pflag.Flag, bad *pflag.InvalidValueError) string {
	switch f.Value.Type() {
	case "int":
		return fmt.Sprintf("%q is no whole number", bad.GetValue())
	case "float64":
		return fmt.Sprintf("%q is no number", bad.GetValue())
	case "duration":
		return fmt.Sprintf("%q is no duration (such as 30s, 5m, 1h)", bad.GetValue())
	}
	return bad.Unwrap().Error()
}

func commandLine(a *app, c *cobra.Command) string {
	return strings.TrimSpace(a.name + " " + strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), c.Root().Name()), " "))
}

func helpOf(a *app, c *cobra.Command) string { return commandLine(a, c) + " --help" }

// argumentOf is what may stand after a flag, to be copied: " 30s", or nothing.
func argumentOf(f *pflag.Flag) string {
	if f == nil || f.NoOptDefVal != "" {
		return ""
	}
	if name, _ := pflag.UnquoteUsage(f); arguments[name] != "" {
		return " " + shellWord(arguments[name])
	}
	return " " + shellWord(f.DefValue)
}

// arguments are examples for flags without a default, by what the help calls
// their argument.
var arguments = map[string]string{
	"CODE": "print(hik.version)", "DEVICE": "gate", "DIR": "hiklua-demo", "FILE": "data/hiklua.log", "SCRIPT": "patrol", "SHARE": "site", "HOST": "left", "SITE": ".",
	"TIME": "2026-03-28", "URL": "http://operator@192.0.2.10", "NAME[=VALUE][@FROM[-TO]]": "slow=2s@10s-20s",
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// atMost refuses more arguments than a command takes.
func atMost(a *app, n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		takes := fmt.Sprintf("takes at most %s", plural(n, "argument"))
		if n == 0 {
			takes = "takes no arguments"
		}
		try := usageOf(a, c)
		if c.Flags().Lookup("site") != nil && hasSite(args[n]) {
			try = a.name + " " + c.Name() + " --site " + shellWord(args[n])
		}
		return &misuse{fmt.Sprintf("%s %s: %q is too much", c.Name(), takes, args[n]), try}
	}
}

// usageOf is a command's usage line under the name that the user typed.
func usageOf(a *app, c *cobra.Command) string {
	return a.name + " " + strings.TrimPrefix(c.UseLine(), c.Root().Name()+" ")
}

// plural gives "no scripts", "1 script", "2 scripts".
func plural(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
