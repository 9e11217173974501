// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProofLib} from "solady/utils/MerkleProofLib.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {ReceiptStatus} from "./types/ReceiptStatus.sol";

/// @title ReceiptAnchor
/// @notice See `IReceiptAnchor`.
/// @dev Invariants, held by `ReceiptAnchor.invariants.t.sol`:
///
/// 1. A root's time, once set, never changes.
/// 2. A sender's head is the fold of all its (root, count) in order.
/// 3. An invalidated receipt stays invalidated.
contract ReceiptAnchor is IReceiptAnchor {
    /// @dev One slot for everything on record of a receipt.
    struct Record {
        uint64 anchoredAt;
        /// @dev 16 bits: contests are opened by the few appointed contracts, each once.
        uint16 openChallenges;
        bool invalidated;
    }

    /// @notice May appoint the markers; zero once it has.
    address public admin;

    mapping(address account => bool) public isMarker;
    mapping(bytes32 root => uint64 timestampS) public rootAnchoredAt;
    mapping(address sender => Chain) public chains;

    mapping(bytes32 digest => Record) private _records;

    modifier onlyMarker() {
        _requireMarker();
        _;
    }

    constructor(address admin_) {
        admin = admin_;
    }

    /// @inheritdoc IReceiptAnchor
    function anchor(bytes32 root, uint32 count, uint64 batch) external {
        if (root == bytes32(0)) revert RootIsZero();
        if (count == 0) revert CountIsZero();
        Chain storage chain = chains[msg.sender];
        if (batch != chain.batches) revert BatchMismatch(chain.batches, batch);

        if (rootAnchoredAt[root] == 0) rootAnchoredAt[root] = uint64(block.timestamp);
        bytes32 head = keccak256(abi.encode(chain.head, root, count));
        chain.head = head;
        chain.batches = batch + 1;
        emit Anchored(msg.sender, root, batch, count, head);
    }

    /// @inheritdoc IReceiptAnchor
    function recordInclusion(bytes32 digest, bytes32 root, bytes32[] calldata proof) external {
        uint64 anchoredAt = anchoredAtOf(digest, root, proof);
        if (anchoredAt == 0) revert NotIncluded(digest, root);
        Record storage record = _records[digest];
        // The earliest inclusion is the one that counts.
        if (record.anchoredAt != 0 && record.anchoredAt <= anchoredAt) return;
        record.anchoredAt = anchoredAt;
        emit InclusionRecorded(digest, root, anchoredAt);
    }

    /// @inheritdoc IReceiptAnchor
    function openChallenge(bytes32 digest) external onlyMarker {
        ++_records[digest].openChallenges;
        emit ChallengeOpened(digest, msg.sender);
    }

    /// @inheritdoc IReceiptAnchor
    function closeChallenge(bytes32 digest) external onlyMarker {
        if (_records[digest].openChallenges == 0) revert NoOpenChallenge(digest);
        --_records[digest].openChallenges;
        emit ChallengeClosed(digest, msg.sender);
    }

    /// @inheritdoc IReceiptAnchor
    function invalidate(bytes32 digest) external onlyMarker {
        _records[digest].invalidated = true;
        emit ReceiptInvalidated(digest, msg.sender);
    }

    /// @inheritdoc IReceiptAnchor
    function appointMarkers(address[] calldata markers) external {
        if (msg.sender != admin) revert SenderNotAdmin(msg.sender, admin);
        admin = address(0);
        for (uint256 i = 0; i < markers.length; ++i) {
            isMarker[markers[i]] = true;
            emit MarkerAppointed(markers[i]);
        }
    }

    /// @inheritdoc IReceiptAnchor
    function statusOf(bytes32 digest) external view returns (uint8) {
        Record memory record = _records[digest];
        if (record.invalidated) return ReceiptStatus.INVALIDATED;
        if (record.openChallenges != 0) return ReceiptStatus.CHALLENGED;
        return record.anchoredAt != 0 ? ReceiptStatus.ANCHORED : ReceiptStatus.UNKNOWN;
    }

    /// @inheritdoc IReceiptAnchor
    function recordedAt(bytes32 digest) external view returns (uint64) {
        return _records[digest].anchoredAt;
    }

    /// @inheritdoc IReceiptAnchor
    function anchoredAtOf(bytes32 digest, bytes32 root, bytes32[] calldata proof)
        public
        view
        returns (uint64 anchoredAt)
    {
        bytes32 leaf = keccak256(abi.encode(digest));
        if (!MerkleProofLib.verifyCalldata(proof, root, leaf)) return 0;
        return rootAnchoredAt[root];
    }

    function _requireMarker() private view {
        if (!isMarker[msg.sender]) revert SenderNotMarker(msg.sender);
    }
}
