package generated_test

import (
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/valid/go/demo/valid"
	"github.com/volo-go/volo/pilota/thrift"
)

// These break no rule.
func goodNumbers() *valid.Numbers {
	n := valid.NewNumbers()
	n.Tiny, n.Small, n.Must = 1, 16, new(int32(1))
	return n
}

func goodTexts() *valid.Texts {
	t := valid.NewTexts()
	t.Name, t.Length = "abc", 3
	return t
}

func goodContainers() *valid.Containers {
	c := valid.NewContainers()
	c.List, c.Numbers = []int32{1}, goodNumbers()
	return c
}

func TestValidateFindsWhatBreaksARule(t *testing.T) {
	type validator interface{ Validate() error }
	numbers := func(change func(*valid.Numbers)) validator { v := goodNumbers(); change(v); return v }
	texts := func(change func(*valid.Texts)) validator { v := goodTexts(); change(v); return v }
	batch := func(change func(*valid.Batch)) validator {
		v := valid.NewBatch()
		v.Name = "a"
		change(v)
		return v
	}
	containers := func(change func(*valid.Containers)) validator { v := goodContainers(); change(v); return v }
	for _, c := range []struct {
		v    validator
		want string // of the error, "" for none
	}{
		{goodNumbers(), ""},
		{goodTexts(), ""},
		{goodContainers(), ""},
		{(*valid.Numbers)(nil), ""},
		{numbers(func(n *valid.Numbers) { n.Tiny = 0 }), "Numbers.tiny: want gt = 0, got 0"},
		{numbers(func(n *valid.Numbers) { n.Tiny = 10 }), ""},
		{numbers(func(n *valid.Numbers) { n.Tiny = 11 }), "Numbers.tiny: want le = 10, got 11"},
		{numbers(func(n *valid.Numbers) { n.Small = 3 }), "Numbers.small: want in = 1, 2, 0x10, got 3"},
		{numbers(func(n *valid.Numbers) { n.Most = -6 }), "Numbers.most: want ge = -5, got -6"},
		{numbers(func(n *valid.Numbers) { n.Most = 99 }), ""},
		{numbers(func(n *valid.Numbers) { n.Most = 100 }), "Numbers.most: want lt = 100, got 100"},
		{numbers(func(n *valid.Numbers) { n.Other = 7 }), "Numbers.other: want not_in = 7, got 7"},
		{numbers(func(n *valid.Numbers) { n.Other = 1001 }), "Numbers.other: want le = $limit, got 1001"},
		{numbers(func(n *valid.Numbers) { n.Ratio = 1.5 }), "Numbers.ratio: want lt = 1.5, got 1.5"},
		{numbers(func(n *valid.Numbers) { n.Maybe = new(int32(4)) }), "Numbers.maybe: want const = 3, got 4"},
		{numbers(func(n *valid.Numbers) { n.Must = nil }), "Numbers.must: want not_nil"},
		{numbers(func(n *valid.Numbers) { n.Must = new(int32(0)) }), "Numbers.must: want ge = 1, got 0"},
		{numbers(func(n *valid.Numbers) { n.Yes = false }), "Numbers.yes: want const = true, got false"},
		{texts(func(s *valid.Texts) { s.Name = "" }), "Texts.name: want min_size = 1, got 0"},
		{texts(func(s *valid.Texts) { s.Name = "abcdefghi" }), "Texts.name: want max_size = 8, got 9"},
		{texts(func(s *valid.Texts) { s.Name = "Abc" }), `Texts.name: want pattern = ^[a-z]*$, got "Abc"`},
		{texts(func(s *valid.Texts) { s.Code = "a-yz" }), `Texts.code: want prefix = ab, got "a-yz"`},
		{texts(func(s *valid.Texts) { s.Code = "ab-y" }), `Texts.code: want suffix = yz, got "ab-y"`},
		{texts(func(s *valid.Texts) { s.Code = "abyz" }), `Texts.code: want contains = -, got "abyz"`},
		{texts(func(s *valid.Texts) { s.Code = "ab -yz" }), `Texts.code: want not_contains =  , got "ab -yz"`},
		{texts(func(s *valid.Texts) { s.Raw = []byte("bad") }), `Texts.raw: want not_in = bad, got "bad"`},
		{texts(func(s *valid.Texts) { s.Word = new("three") }), `Texts.word: want in = one, two, got "three"`},
		{texts(func(s *valid.Texts) { s.Length = 4 }), "Texts.length: want le = @len($name), got 4"},
		{texts(func(s *valid.Texts) { s.Level = 3 }), "Texts.level: want defined_only, got Level(3)"},
		{texts(func(s *valid.Texts) { s.Level = valid.LevelMid }), "Texts.level: want not_in = Level.MID, got MID"},
		{texts(func(s *valid.Texts) { s.High = new(valid.LevelLow) }), "Texts.high: want const = Level.HIGH, got LOW"},
		{containers(func(c *valid.Containers) { c.List = nil }), "Containers.list: want min_size = 1, got 0"},
		{containers(func(c *valid.Containers) { c.List = []int32{1, 0} }), "Containers.list[1]: want gt = 0, got 0"},
		{containers(func(c *valid.Containers) { c.ByName = map[string]*valid.Texts{"a": goodTexts()} }), "Containers.by_name: want min_size = 2, got 1"},
		{containers(func(c *valid.Containers) { c.ByName = map[string]*valid.Texts{"ab": nil} }), "Containers.by_name: want no_sparse"},
		{containers(func(c *valid.Containers) { c.ByName = map[string]*valid.Texts{"ab": {Name: "B"}} }), `Containers.by_name.name: want pattern = ^[a-z]*$, got "B"`},
		{containers(func(c *valid.Containers) { c.Deep = [][]string{{}, {"a", "four"}} }), "Containers.deep[1][1]: want max_size = 3, got 4"},
		{containers(func(c *valid.Containers) { c.Levels = []valid.Level{valid.LevelLow, 2} }), "Containers.levels[1]: want defined_only, got Level(2)"},
		{containers(func(c *valid.Containers) { c.Numbers = nil }), "Containers.numbers: want not_nil"},
		{containers(func(c *valid.Containers) { c.Numbers.Tiny = 0 }), "Containers.numbers.tiny: want gt = 0, got 0"},
		{containers(func(c *valid.Containers) { c.Skipped = new(valid.Numbers) }), ""},
		{containers(func(c *valid.Containers) { c.Inside = new(valid.Containers) }), "Containers.inside.list: want min_size = 1, got 0"},
		{containers(func(c *valid.Containers) {
			c.ByNumbers = []thrift.Entry[*valid.Numbers, int32]{{Key: goodNumbers(), Value: -1}}
		}), "Containers.by_numbers: want ge = 0, got -1"},
		{batch(func(b *valid.Batch) { b.Count, b.Items = 1, []string{"x"} }), ""},
		{batch(func(b *valid.Batch) { b.Count = 1 }), "Batch: want assert = @equal($count, @len($items))"},
		{batch(func(b *valid.Batch) { b.Count, b.Items, b.Divisor = 1, []string{"x"}, new(int64(2)) }), "Batch: want assert = @equal(@mod($count, $divisor), 0)"},
		{batch(func(b *valid.Batch) { b.Divisor = new(int64(0)) }), ""},
		{batch(func(b *valid.Batch) { b.Half = 1 }), "Batch: want assert = @equal(@add($half, 0.5), 1.0)"},
		{batch(func(b *valid.Batch) { b.Name = "b" }), "Batch: want assert = @equal(@add($name, '!'), 'a!')"},
		{batch(func(b *valid.Batch) { b.Even = false }), "Batch: want assert = $even"},
		{batch(func(b *valid.Batch) { b.Level = valid.LevelMid }), "Batch: want assert = @equal($level, 1)"},
		{containers(func(c *valid.Containers) { c.Least = 1 }), "Containers.some: want min_size = $least, got 0"},
	} {
		err := c.v.Validate()
		got := ""
		if err != nil {
			got = err.Error()
			if _, ok := errors.AsType[*thrift.ValidationError](err); !ok {
				t.Errorf("%v is a %T", err, err)
			}
		}
		if want := c.want; want != "" && got != "thrift: validate "+want || want == "" && got != "" {
			t.Errorf("%v:\ngot  %s\nwant %s", c.v, got, want)
		}
	}
}
