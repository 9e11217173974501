// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelProofs} from "../interfaces/IModelProofs.sol";

/// @title RiskGate
/// @notice An example that acts on a proof: a wallet passes with a fresh, proven, low risk score (see
/// `models/wallet-risk`). An indexer that the gate trusts says what the wallet looks like, by a hash; the
/// score of it is nobody's word.
contract RiskGate {
    struct Description {
        /// @dev sha256(abi.encode(int256[] features)): the model's input.
        bytes32 inputHash;
        /// @dev Unix seconds.
        uint64 describedAt;
    }

    event WalletDescribed(address indexed wallet, bytes32 inputHash);
    event WalletPassed(address indexed wallet, int256 score, uint64 until);

    error SenderNotIndexer(address sender, address indexer);
    error ScoreTooHigh(int256 score, int256 maximum);
    error DescriptionTooOld(address wallet, uint64 describedAt);
    error ProofRefused(address wallet, int256 score);
    error NotPassed(address wallet);

    /// @notice A score and what follows from it are good for so long.
    uint64 public constant FRESH = 1 days;

    IModelProofs public immutable models;
    bytes32 public immutable modelId;
    address public immutable indexer;
    /// @notice As the model gives it out: the highest score that passes.
    int256 public immutable maxScore;

    mapping(address wallet => Description) public descriptions;
    mapping(address wallet => uint64 timestampS) public passedUntil;

    modifier onlyPassed() {
        if (passedUntil[msg.sender] < block.timestamp) revert NotPassed(msg.sender);
        _;
    }

    constructor(IModelProofs models_, bytes32 modelId_, address indexer_, int256 maxScore_) {
        models = models_;
        modelId = modelId_;
        indexer = indexer_;
        maxScore = maxScore_;
    }

    /// @notice Says what a wallet looks like now.
    function describe(address wallet, bytes32 inputHash) external {
        if (msg.sender != indexer) revert SenderNotIndexer(msg.sender, indexer);
        descriptions[wallet] = Description(inputHash, uint64(block.timestamp));
        delete passedUntil[wallet]; // What was true of the old description need not be of the new.
        emit WalletDescribed(wallet, inputHash);
    }

    /// @notice Lets the wallet pass. Anybody may bring the proof.
    /// @param proof abi.encode(int256[] features, int256[] score, bytes proof), as `IModelProofs` takes it.
    function pass(address wallet, int256 score, bytes calldata proof) external {
        if (score > maxScore) revert ScoreTooHigh(score, maxScore);
        Description memory description = descriptions[wallet];
        uint64 until = description.describedAt + FRESH;
        if (until < block.timestamp) revert DescriptionTooOld(wallet, description.describedAt);
        int256[] memory outputs = new int256[](1);
        outputs[0] = score;
        bytes32 contentHash = keccak256(abi.encode(outputs));
        if (!models.verifyInference(modelId, description.inputHash, contentHash, proof)) {
            revert ProofRefused(wallet, score);
        }
        passedUntil[wallet] = until;
        emit WalletPassed(wallet, score, until);
    }

    /// @notice What only wallets do that passed; yours goes here.
    function act() external view onlyPassed returns (bool) {
        return true;
    }
}
