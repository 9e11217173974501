// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IReceiptAnchor
/// @notice Batches of receipt digests by Merkle root, and what the chain has on record of single
/// receipts.
/// @dev Leaf: keccak256 of the 32-byte receipt digest, so that no inner node (a hash of 64 bytes) can
/// pass for a leaf. Nodes: keccak256 of the two children, the smaller first; an odd node moves up
/// unpaired. Anyone may anchor: a root says "these digests existed by then", and the weight of a
/// digest comes from the signatures under it.
interface IReceiptAnchor {
    struct Chain {
        /// @dev keccak256(head ‖ root ‖ count) over all batches of one sender, from zero.
        bytes32 head;
        uint64 batches;
    }

    /// @notice `sender` anchored its batch number `batch` (from 0) of `count` receipts.
    event Anchored(
        address indexed sender, bytes32 indexed root, uint64 batch, uint32 count, bytes32 head
    );
    event InclusionRecorded(bytes32 indexed digest, bytes32 indexed root, uint64 anchoredAt);
    event ChallengeOpened(bytes32 indexed digest, address indexed marker);
    event ChallengeClosed(bytes32 indexed digest, address indexed marker);
    event ReceiptInvalidated(bytes32 indexed digest, address indexed marker);
    event MarkerAppointed(address indexed marker);

    error RootIsZero();
    error CountIsZero();
    error BatchMismatch(uint64 expected, uint64 actual);
    error NotIncluded(bytes32 digest, bytes32 root);
    error SenderNotAdmin(address sender, address admin);
    error SenderNotMarker(address sender);
    error NoOpenChallenge(bytes32 digest);

    /// @notice Anchors a batch and extends the sender's running head. An already anchored root keeps
    /// its first time.
    /// @param batch Must be the sender's number of batches so far: a transaction that is sent twice
    /// extends the head once.
    /// @param count Number of receipts under `root`.
    function anchor(bytes32 root, uint32 count, uint64 batch) external;

    /// @notice Checks an inclusion proof.
    /// @return anchoredAt Unix seconds at which `root` was first anchored; zero: not included.
    function anchoredAtOf(bytes32 digest, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (uint64 anchoredAt);

    /// @notice Puts the inclusion of one receipt on record, so that `statusOf` knows it.
    function recordInclusion(bytes32 digest, bytes32 root, bytes32[] calldata proof) external;

    /// @notice Says that a receipt is being contested. Markers only; as often as there are contests.
    function openChallenge(bytes32 digest) external;

    /// @notice Ends one contest, whatever came of it. Markers only.
    function closeChallenge(bytes32 digest) external;

    /// @notice Says that a receipt does not hold, for ever. Markers only.
    function invalidate(bytes32 digest) external;

    /// @notice Names the contracts that may mark: the admin, once, for ever.
    function appointMarkers(address[] calldata markers) external;

    /// @return 0 unknown · 1 anchored · 2 challenged · 3 invalidated.
    function statusOf(bytes32 digest) external view returns (uint8);

    /// @notice Unix seconds of the earliest inclusion on record; zero: none.
    function recordedAt(bytes32 digest) external view returns (uint64);

    /// @notice Unix seconds; zero: never anchored.
    function rootAnchoredAt(bytes32 root) external view returns (uint64);

    function chains(address sender) external view returns (bytes32 head, uint64 batches);
}
