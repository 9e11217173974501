// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policy} from "../src/types/Policy.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {vm} from "./support/Vm.sol";

contract ReceiptVerifierTest is ReceiptFixture {
    function setUp() public {
        setUpReceipts();
    }

    function test_a_receipt_signed_by_both_is_valid_and_covers_its_content() public view {
        Receipt memory receipt = receiptOf(1);
        Policy memory policy = Policy(receipt.work.modelId, 3, 1 hours, gateway);
        vm.assertTrue(isValid(receipt));
        vm.assertTrue(
            verifier.verifyContent(
                receipt,
                signWork(receipt.work, CONTRIBUTOR_KEY),
                signReceipt(receipt, GATEWAY_KEY),
                ANSWER,
                policy
            )
        );
    }
}
