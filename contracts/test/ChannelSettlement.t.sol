// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../src/types/ChannelConfig.sol";
import {VoucherClaim} from "../src/types/VoucherClaim.sol";
import {ChannelFixture} from "./support/ChannelFixture.sol";
import {vm} from "./support/Vm.sol";

contract ChannelSettlementTest is ChannelFixture {
    function setUp() public {
        setUpChannels();
    }

    function test_deposit_claim_settle_moves_exactly_what_was_claimed() public {
        ChannelConfig memory config = configOf(1);
        deposit(config, 10e6);
        VoucherClaim[] memory list = rows(rowOf(config, 5e6, 4e6, SESSION_KEY));

        settlement.claimWithSignature(list, signBatch(list));
        settlement.settle(receiver, address(token));

        vm.assertEq(token.balanceOf(receiver), 4e6);
        vm.assertEq(token.balanceOf(address(settlement)), 6e6);
        vm.assertEq(claimedOf(idOf(config)), 4e6);
    }
}
