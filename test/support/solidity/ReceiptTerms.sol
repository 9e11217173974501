// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StrictSignature} from "libraries/StrictSignature.sol";
import {PriceSheet} from "types/PriceSheet.sol";
import {Receipt} from "types/Receipt.sol";

/// @notice What contracts make of a receipt, for comparison with the circuits.
contract ReceiptTerms {
    function judge(
        Receipt calldata receipt,
        PriceSheet calldata sheet,
        bytes32 domain,
        bytes calldata signature
    )
        external
        view
        returns (bytes32 digest, bytes32 priceHash, uint256 price, bool isWellFormed, address signer)
    {
        bytes32 workHash = receipt.work.hashStruct();
        digest = keccak256(abi.encodePacked(hex"1901", domain, receipt.hashStruct(workHash)));
        bytes32 workDigest = keccak256(abi.encodePacked(hex"1901", domain, workHash));
        PriceSheet memory copy = sheet;
        priceHash = copy.hashStruct();
        price = copy.costRoundedUp(
            receipt.work.promptTokens,
            receipt.work.cachedPromptTokens,
            receipt.work.completionTokens
        );
        isWellFormed = receipt.isWellFormed();
        signer = StrictSignature.recover(workDigest, signature);
    }
}
