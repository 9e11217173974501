// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OpenClaimAuthorizer} from "../src/OpenClaimAuthorizer.sol";
import {IChannelSettlement} from "../src/interfaces/IChannelSettlement.sol";
import {ChannelConfig} from "../src/types/ChannelConfig.sol";
import {VoucherClaim, hashClaimEntry} from "../src/types/VoucherClaim.sol";
import {ChannelFixture} from "./support/ChannelFixture.sol";
import {vm} from "./support/Vm.sol";

contract OpenClaimAuthorizerTest is ChannelFixture {
    function setUp() public {
        setUpChannels();
        authorizer = address(new OpenClaimAuthorizer());
    }

    function test_anyone_relays_a_claim_for_many() public {
        VoucherClaim[] memory list = new VoucherClaim[](3);
        for (uint256 i = 0; i < 3; ++i) {
            deposit(configOf(i), 5e6);
            list[i] = rowOf(configOf(i), 2e6);
        }
        vm.prank(stranger);
        settlement.claimWithSignature(list, _entries(list));
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(claimedOf(idOf(configOf(i))), 2e6);
        }
    }

    function test_it_still_takes_the_payers_voucher() public {
        deposit(configOf(1), 5e6);
        VoucherClaim[] memory list = rows(rowOf(configOf(1), 2e6, 2e6, STRANGER_KEY));
        bytes memory entries = _entries(list);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.VoucherSignatureInvalid.selector,
                idOf(configOf(1)),
                session,
                settlement.getVoucherDigest(idOf(configOf(1)), 2e6)
            )
        );
        settlement.claimWithSignature(list, entries);
    }

    function test_nobody_refunds_through_it(bytes calldata signature) public {
        ChannelConfig memory config = configOf(1);
        deposit(config, 5e6);
        bytes32 digest = settlement.getRefundDigest(idOf(config), 0, 1e6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector, authorizer, digest
            )
        );
        settlement.refundWithSignature(config, 1e6, 0, signature);
    }

    function test_the_entries_are_those_of_the_rows() public {
        deposit(configOf(1), 5e6);
        VoucherClaim[] memory list = rows(rowOf(configOf(1), 2e6));
        bytes memory entries = _entries(list);
        list[0].totalClaimed = 1e6;
        bytes32 digest = settlement.getClaimBatchDigest(list);
        vm.expectRevert(
            abi.encodeWithSelector(
                IChannelSettlement.AuthorizerSignatureInvalid.selector, authorizer, digest
            )
        );
        settlement.claimWithSignature(list, entries);
        // For another caller the same digest is another contract's, and is refused.
        vm.assertEq(
            bytes32(OpenClaimAuthorizer(authorizer).isValidSignature(digest, entries)),
            bytes32(bytes4(0xffffffff))
        );
    }

    function _entries(VoucherClaim[] memory list) private view returns (bytes memory) {
        bytes32[] memory entries = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            entries[i] = hashClaimEntry(
                idOf(list[i].voucher.channel),
                list[i].voucher.maxClaimableAmount,
                list[i].totalClaimed
            );
        }
        return abi.encodePacked(entries);
    }
}
