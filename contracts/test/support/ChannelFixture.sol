// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelSettlement} from "../../src/ChannelSettlement.sol";
import {Eip3009Collector} from "../../src/collectors/Eip3009Collector.sol";
import {DevUSD} from "../../src/dev/DevUSD.sol";
import {ChannelConfig} from "../../src/types/ChannelConfig.sol";
import {Voucher, VoucherClaim} from "../../src/types/VoucherClaim.sol";
import {signatureOf, vm} from "./Vm.sol";

/// @notice A settlement contract, a token, and parties with keys.
abstract contract ChannelFixture {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0x5E5510;
    uint256 internal constant AUTHORIZER_KEY = 0xA0701;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    uint40 internal constant DELAY = 1 days;

    DevUSD internal token;
    ChannelSettlement internal settlement;
    Eip3009Collector internal collector;

    address internal payer = vm.addr(PAYER_KEY);
    address internal session = vm.addr(SESSION_KEY);
    address internal authorizer = vm.addr(AUTHORIZER_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal receiver = address(0x4ECE17E4);

    uint256 private _authorizationSalt;

    function setUpChannels() internal {
        vm.warp(1_800_000_000);
        token = new DevUSD();
        settlement = new ChannelSettlement();
        collector = new Eip3009Collector();
        token.mint(payer, 1_000_000e6);
    }

    function configOf(uint256 salt) internal view returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: payer,
            payerAuthorizer: session,
            receiver: receiver,
            receiverAuthorizer: authorizer,
            token: address(token),
            withdrawDelay: DELAY,
            salt: bytes32(salt)
        });
    }

    function idOf(ChannelConfig memory config) internal view returns (bytes32) {
        return settlement.getChannelId(config);
    }

    /// @dev Deposits through the ERC-3009 collector, signed by the payer's key.
    function deposit(ChannelConfig memory config, uint128 amount) internal {
        bytes memory data = depositData(config, amount, PAYER_KEY);
        settlement.deposit(config, amount, address(collector), data);
    }

    function depositData(ChannelConfig memory config, uint128 amount, uint256 key)
        internal
        returns (bytes memory)
    {
        uint256 salt = ++_authorizationSalt;
        bytes32 nonce = keccak256(abi.encode(settlement.getChannelId(config), salt));
        bytes memory signature = signatureOf(
            key, receiveDigest(config.payer, address(collector), amount, type(uint256).max, nonce)
        );
        return abi.encode(uint256(0), type(uint256).max, salt, signature);
    }

    function receiveDigest(
        address from,
        address to,
        uint256 value,
        uint256 validBefore,
        bytes32 nonce
    ) internal view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                hex"1901",
                token.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                        from,
                        to,
                        value,
                        0,
                        validBefore,
                        nonce
                    )
                )
            )
        );
    }

    /// @dev A row with a voucher signed by `key` for `maxClaimable`, claiming `totalClaimed`.
    function rowOf(
        ChannelConfig memory config,
        uint128 maxClaimable,
        uint128 totalClaimed,
        uint256 key
    ) internal view returns (VoucherClaim memory) {
        bytes32 digest = settlement.getVoucherDigest(idOf(config), maxClaimable);
        return VoucherClaim(Voucher(config, maxClaimable), signatureOf(key, digest), totalClaimed);
    }

    function rowOf(ChannelConfig memory config, uint128 totalClaimed)
        internal
        view
        returns (VoucherClaim memory)
    {
        return rowOf(config, totalClaimed, totalClaimed, SESSION_KEY);
    }

    function rows(VoucherClaim memory row) internal pure returns (VoucherClaim[] memory list) {
        list = new VoucherClaim[](1);
        list[0] = row;
    }

    /// @dev The row is made first: making it calls the settlement, which would use up the prank.
    function claimAs(address sender, VoucherClaim memory row) internal {
        VoucherClaim[] memory list = rows(row);
        vm.prank(sender);
        settlement.claim(list);
    }

    function signBatch(VoucherClaim[] memory list) internal view returns (bytes memory) {
        return signatureOf(AUTHORIZER_KEY, settlement.getClaimBatchDigest(list));
    }

    function balanceOf(bytes32 channelId) internal view returns (uint128 balance) {
        (balance,) = settlement.channels(channelId);
    }

    function claimedOf(bytes32 channelId) internal view returns (uint128 totalClaimed) {
        (, totalClaimed) = settlement.channels(channelId);
    }
}
