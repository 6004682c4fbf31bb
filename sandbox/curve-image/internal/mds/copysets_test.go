package mds

import (
	"testing"

	"keelson.dev/curve-standins/internal/proto"
)

func spreadOver(perZone ...int) []candidate {
	var all []candidate
	for zone, n := range perZone {
		for range n {
			all = append(all, candidate{id: uint32(len(all) + 1), zone: uint32(zone + 1)})
		}
	}
	return all
}

func TestCopysetsHaveOneReplicaPerZone(t *testing.T) {
	for _, c := range []struct {
		name     string
		all      []candidate
		copysets int
		least    int // copysets that every chunkserver gets at least
	}{
		{"one disk in each of three zones", spreadOver(1, 1, 1), 100, 100},
		{"three disks in each of three zones", spreadOver(3, 3, 3), 300, 100},
		{"three disks in each of four zones", spreadOver(3, 3, 3, 3), 40, 10},
		{"a zone with more disks than the others", spreadOver(2, 1, 1), 100, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			zoneOf, load := map[uint32]uint32{}, map[uint32]int{}
			for _, cs := range c.all {
				zoneOf[cs.id] = cs.zone
			}
			sets, _, code := generate(placement{replicas: 3, zones: 3, copysets: c.copysets}, c.all, 10, 0)
			if code != proto.Success || len(sets) != c.copysets {
				t.Fatalf("%d copysets, code %d", len(sets), code)
			}
			for _, members := range sets {
				zones := map[uint32]bool{}
				for _, m := range members {
					zones[zoneOf[m]] = true
					load[m]++
				}
				if len(zones) != 3 {
					t.Fatalf("copyset %v lies in %d zones", members, len(zones))
				}
			}
			for _, cs := range c.all {
				if load[cs.id] < c.least {
					t.Errorf("chunkserver %d has %d copysets", cs.id, load[cs.id])
				}
			}
		})
	}
}

func TestWhatCopysetsCannotBeMadeOf(t *testing.T) {
	three := spreadOver(1, 1, 1)
	for _, c := range []struct {
		name string
		p    placement
		all  []candidate
		code int
	}{
		{"no chunkserver at all", placement{3, 3, 9, 0}, nil, proto.GenCopysetErr},
		{"one chunkserver", placement{3, 3, 9, 0}, spreadOver(1), proto.GenCopysetErr},
		{"two zones", placement{3, 3, 9, 0}, spreadOver(2, 2), proto.GenCopysetErr},
		{"zones and replicas differ", placement{3, 4, 9, 0}, three, proto.InvalidParam},
		{"no copysets wanted", placement{3, 3, 0, 0}, three, proto.GenCopysetErr},
		{"a scatter width as large as the cluster", placement{3, 3, 9, 2}, three, proto.GenCopysetErr},
		{"a scatter width that so few copysets cannot reach", placement{3, 3, 3, 7}, spreadOver(3, 3, 3), proto.GenCopysetErr},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, code := generate(c.p, c.all, 10, 20); code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
		})
	}
}

// With few copysets on many disks the numbers of partners differ by more than a fifth; all tries fail.
func TestScatterWidthsMustBeAlike(t *testing.T) {
	uneven := [][]uint32{{1, 2, 3}, {1, 2, 4}, {1, 5, 6}}
	if _, even := scatter(uneven, 20); even {
		t.Error("uneven widths were taken")
	}
	if average, even := scatter(uneven, 0); !even || average == 0 {
		t.Error("without a limit all widths are good")
	}
}
