// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";
import {IERC3009} from "../../src/interfaces/IERC3009.sol";
import {StrictSignature} from "../../src/libraries/StrictSignature.sol";
import {TypedData} from "../../src/libraries/TypedData.sol";

/// @title ScaledToken
/// @notice An asset for tests with as many decimals as they like, on any chain, that may keep a part of
/// each transfer. ERC-3009 as far as deposits need it; money for everyone who asks.
contract ScaledToken is ERC20, IERC3009 {
    error CallerNotPayee(address caller, address payee);
    error AuthorizationNotValidNow(uint256 validAfter, uint256 validBefore, uint256 nowS);
    error AuthorizationUsed(address authorizer, bytes32 nonce);
    error AuthorizationSignatureInvalid(address authorizer, bytes32 digest);

    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    string private _name;
    uint8 private immutable _decimals;
    uint256 private immutable _keptBps;

    constructor(string memory name_, uint8 decimals_, uint256 keptBps_) {
        _name = name_;
        _decimals = decimals_;
        _keptBps = keptBps_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        if (msg.sender != to) revert CallerNotPayee(msg.sender, to);
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert AuthorizationNotValidNow(validAfter, validBefore, block.timestamp);
        }
        if (authorizationState[from][nonce]) revert AuthorizationUsed(from, nonce);
        bytes32 structHash = keccak256(
            abi.encode(
                RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce
            )
        );
        bytes32 digest = TypedData.digest(DOMAIN_SEPARATOR(), structHash);
        if (!StrictSignature.isValid(from, digest, signature)) {
            revert AuthorizationSignatureInvalid(from, digest);
        }
        authorizationState[from][nonce] = true;
        _transfer(from, to, value);
    }

    function name() public view override returns (string memory) {
        return _name;
    }

    function symbol() public view override returns (string memory) {
        return _name;
    }

    function version() external pure returns (string memory) {
        return "1";
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) _burn(to, (amount * _keptBps) / 10_000);
    }
}
