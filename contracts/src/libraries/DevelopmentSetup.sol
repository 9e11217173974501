// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title DevelopmentSetup
/// @notice Where proofs may be made with keys whose secret everybody knows.
library DevelopmentSetup {
    error SetupInsecure(uint256 chainId);

    /// @dev x of alpha·G1 in the powers of tau that `npm run zk:dev` makes: the same in every
    /// verification key that comes from them, whatever the circuit.
    uint256 internal constant ALPHA_X =
        0x174224cdfa913e8b30fd2eef7032b9902c9b38f0665ada0001f3827688234f68;

    /// @notice Reverts unless this is one of the chain ids that development chains use.
    function requireDevelopmentChain() internal view {
        if (block.chainid != 31337 && block.chainid != 1337) revert SetupInsecure(block.chainid);
    }
}
