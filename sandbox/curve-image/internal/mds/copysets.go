package mds

import (
	"math/rand/v2"
	"slices"

	"keelson.dev/curve-standins/internal/proto"
)

// placement is what a logical pool asks for.
type placement struct {
	replicas, zones, copysets int
	scatterWidth              uint32
}

// candidate is a chunkserver that may take replicas.
type candidate struct{ id, zone uint32 }

// generate chooses the members of all copysets of a new pool from the chunkservers registered now, one replica per
// zone, and answers the scatter width reached. It follows Curve, where it fails as well: too few zones, too few
// chunkservers, and widths that differ too much after all tries.
func generate(p placement, all []candidate, tries, floatPercent int) ([][]uint32, uint32, int) {
	if p.zones != p.replicas {
		return nil, 0, proto.InvalidParam
	}
	if p.copysets <= 0 || (len(all) > 0 && int(p.scatterWidth) >= len(all)-1) {
		return nil, 0, proto.GenCopysetErr
	}
	for range tries {
		sets := shuffle(p, all)
		if sets == nil {
			return nil, 0, proto.GenCopysetErr
		}
		average, even := scatter(sets, floatPercent)
		if !even {
			continue
		}
		if average < float64(p.scatterWidth) {
			return nil, 0, proto.GenCopysetErr
		}
		return sets, uint32(average + 0.5), proto.Success
	}
	return nil, 0, proto.GenCopysetErr
}

// shuffle lays the chunkservers out again and again, zone by zone in turn, and cuts each layout into copysets. All zones
// give as many as the smallest has, so over many rounds all chunkservers of a zone are used alike.
func shuffle(p placement, all []candidate) [][]uint32 {
	byZone := map[uint32][]uint32{}
	for _, c := range all {
		byZone[c.zone] = append(byZone[c.zone], c.id)
	}
	if len(byZone) < p.zones {
		return nil
	}
	zones := make([]uint32, 0, len(byZone))
	least := len(all)
	for z, members := range byZone {
		zones = append(zones, z)
		least = min(least, len(members))
	}
	slices.Sort(zones)
	var sets [][]uint32
	for range p.copysets {
		for _, members := range byZone {
			rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		}
		var line []uint32
		for i := range least {
			for _, z := range zones {
				line = append(line, byZone[z][i])
			}
		}
		for i := 0; i+p.replicas <= len(line); i += p.replicas {
			members := slices.Clone(line[i : i+p.replicas])
			slices.Sort(members)
			sets = append(sets, members)
			if len(sets) == p.copysets {
				return sets
			}
		}
	}
	return nil
}

// scatter works out with how many others a chunkserver shares copysets, on average, and whether all are near it.
func scatter(sets [][]uint32, floatPercent int) (average float64, even bool) {
	partners := map[uint32]map[uint32]bool{}
	for _, members := range sets {
		for _, a := range members {
			if partners[a] == nil {
				partners[a] = map[uint32]bool{}
			}
			for _, b := range members {
				if a != b {
					partners[a][b] = true
				}
			}
		}
	}
	least, most := -1, 0
	for _, p := range partners {
		average += float64(len(p)) / float64(len(partners))
		most = max(most, len(p))
		if least < 0 || len(p) < least {
			least = len(p)
		}
	}
	if floatPercent == 0 || average == 0 {
		return average, true
	}
	limit := float64(floatPercent)
	return average, (average-float64(least))*100/average <= limit && (float64(most)-average)*100/average <= limit
}
