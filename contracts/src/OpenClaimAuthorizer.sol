// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "./interfaces/IERC1271.sol";
import {ChannelDomain} from "./libraries/ChannelDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {CLAIM_BATCH_TYPEHASH} from "./types/VoucherClaim.sol";

/// @title OpenClaimAuthorizer
/// @notice A `receiverAuthorizer` that approves every claim and nothing else: anyone can relay one
/// claim for many contributors, and nobody can refund their channels through it.
/// @dev For channels whose vouchers are exact (`maxClaimableAmount` is what is owed), as those from a
/// gateway to its contributors: whoever relays then cannot claim too much. Stateless; it answers for
/// whichever settlement contract asks, and the digest binds that contract.
contract OpenClaimAuthorizer is IERC1271 {
    bytes4 private constant REFUSED = 0xffffffff;

    /// @inheritdoc IERC1271
    /// @param digest Approved if it is the ClaimBatch digest of the calling settlement contract over
    /// exactly the entries named in `signature`.
    /// @param signature The struct hashes of the ClaimEntries, concatenated in the order of the rows.
    function isValidSignature(bytes32 digest, bytes calldata signature)
        external
        view
        returns (bytes4 magicValue)
    {
        // No other type can be passed off as a batch: the type hash is inside the digest.
        bytes32 batchHash = keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, keccak256(signature)));
        bytes32 expected = TypedData.digest(ChannelDomain.separator(msg.sender), batchHash);
        return digest == expected ? IERC1271.isValidSignature.selector : REFUSED;
    }
}
