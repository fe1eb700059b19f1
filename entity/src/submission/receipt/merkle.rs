//! The tree over the leaves of a block, as in RFC 9162 (and 6962), section 2.1: with SHA-256, a zero byte before a leaf and a one before two
//! nodes, so that no leaf passes for a node. Of each leaf there is a path: the hashes beside its way up.

use sha2::{Digest as _, Sha256};

use super::encoding::Hash;

/// The hash of a leaf.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root above the hashes of some leaves, and of each its path, from the leaf up. There is at least one.
#[must_use]
pub fn tree(leaves: &[Hash]) -> (Hash, Vec<Vec<Hash>>) {
    let (left, right) = match leaves {
        [] => return (Sha256::digest([]).into(), Vec::new()),
        [only] => return (*only, vec![Vec::new()]),
        // The left side is the largest power of two that leaves something over.
        more => more.split_at((more.len().div_ceil(2)).next_power_of_two()),
    };
    let (left, mut paths) = tree(left);
    let (right, others) = tree(right);
    paths.iter_mut().for_each(|path| path.push(right));
    paths.extend(others.into_iter().map(|mut path| {
        path.push(left);
        path
    }));
    (node(&left, &right), paths)
}

/// Where the path of the leaf at that place, of so many, leads; none when there is no such path.
#[must_use]
pub fn climb(leaf: &Hash, place: u64, leaves: u64, path: &[Hash]) -> Option<Hash> {
    if place >= leaves {
        return None;
    }
    // The place among the nodes of this level, and that of the last of them.
    let (mut own, mut last) = (place, leaves - 1);
    let mut reached = *leaf;
    for beside in path {
        if last == 0 {
            return None;
        }
        if own % 2 == 1 || own == last {
            reached = node(beside, &reached);
            // A node without one beside it goes up as it is.
            while own % 2 == 0 && own != 0 {
                (own, last) = (own / 2, last / 2);
            }
        } else {
            reached = node(&reached, beside);
        }
        (own, last) = (own / 2, last / 2);
    }
    (last == 0).then_some(reached)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use proptest::{prop_assert, prop_assert_eq, prop_assert_ne};

    use super::{Hash, climb, leaf, tree};

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
    }

    /// The tree of the RFC, as its text defines it.
    fn root(leaves: &[Hash]) -> Hash {
        if let [only] = leaves {
            return *only;
        }
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        super::node(&root(&leaves[..k]), &root(&leaves[k..]))
    }

    /// The hashes that the reference implementation of the RFC tests itself with.
    #[test]
    fn the_tree_is_that_of_the_rfc() {
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let hashes: Vec<Hash> = inputs.iter().map(|input| leaf(&hex::decode(input).unwrap())).collect();
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (count, expected) in (1..).zip(roots) {
            assert_eq!(hex::encode(tree(&hashes[..count]).0), expected, "{count}");
        }
    }

    #[test]
    fn every_path_of_every_tree_leads_to_its_root_from_its_place_only() {
        for count in 1..=70 {
            let leaves = leaves(count);
            let (top, paths) = tree(&leaves);
            assert_eq!(top, root(&leaves), "{count}");
            assert_eq!(paths.len(), count);
            for (place, (leaf, path)) in leaves.iter().zip(&paths).enumerate() {
                for other in 0..=count {
                    let reached = climb(leaf, other as u64, count as u64, path);
                    assert_eq!(reached == Some(top), other == place, "{place} of {count}, at {other}");
                }
                let longer: Vec<Hash> = path.iter().copied().chain([top]).collect();
                assert_eq!(climb(leaf, place as u64, count as u64, &longer), None);
                if let Some((_, shorter)) = path.split_last() {
                    assert_eq!(climb(leaf, place as u64, count as u64, shorter), None);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_changed_bit_leads_elsewhere(count in 1usize..=70, place in any::<usize>(), bit in any::<usize>()) {
            let leaves = leaves(count);
            let (top, paths) = tree(&leaves);
            let place = place % count;
            let mut way: Vec<Hash> = [leaves[place]].into_iter().chain(paths[place].clone()).collect();
            let bit = bit % (way.len() * 256);
            way[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
            let reached = climb(&way[0], place as u64, count as u64, &way[1..]);
            prop_assert!(reached.is_some());
            prop_assert_ne!(reached, Some(top));
            way[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(climb(&way[0], place as u64, count as u64, &way[1..]), Some(top));
        }
    }
}
