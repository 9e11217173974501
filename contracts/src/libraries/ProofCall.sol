// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibCall} from "solady/utils/LibCall.sol";

/// @title ProofCall
/// @notice One way to ask a verifier: nothing that it does can be taken for a "yes" but the one word that
/// says so.
library ProofCall {
    /// @dev Three times what the dearest of ours takes, so that one written to burn gas does not take all
    /// that its caller has.
    uint256 internal constant VERIFIER_GAS = 10_000_000;

    /// @notice False if it reverts, answers anything but true, or spends more than `VERIFIER_GAS`.
    /// @param call Encoded; its answer is one word.
    function isConfirmed(address verifier, bytes memory call) internal view returns (bool) {
        // At most one word is copied back. An account without code answers none.
        (bool success, bool exceeded, bytes memory answer) =
            LibCall.tryStaticCall(verifier, VERIFIER_GAS, 32, call);
        return success && !exceeded && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }
}
