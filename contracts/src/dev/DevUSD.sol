// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";
import {StrictSignature} from "../libraries/StrictSignature.sol";
import {TypedData} from "../libraries/TypedData.sol";

/// @title DevUSD
/// @notice The asset of the development chain: six decimals, ERC-3009 as USDC has it, EIP-2612, and
/// money for everyone who asks.
/// @dev EIP-712 domain: name "Dev USD", version "1". Cannot be constructed on any chain but 31337
/// and 1337, the ids that development chains use.
contract DevUSD is ERC20, IERC3009 {
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
    event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce);

    error NotADevelopmentChain(uint256 chainId);
    error CallerNotPayee(address caller, address payee);
    error AuthorizationNotYetValid(uint256 validAfter, uint256 nowS);
    error AuthorizationExpired(uint256 validBefore, uint256 nowS);
    error AuthorizationUsedOrCanceled(address authorizer, bytes32 nonce);
    error AuthorizationSignatureInvalid(address authorizer, bytes32 digest);

    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @notice Whether `authorizer` has used or cancelled `nonce`.
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    constructor() {
        if (block.chainid != 31337 && block.chainid != 1337) {
            revert NotADevelopmentChain(block.chainid);
        }
    }

    /// @notice Gives `amount` atomic units to anyone.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Moves `value` with a `TransferWithAuthorization` of `from`; any caller.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        Authorization memory terms = Authorization(from, to, value, validAfter, validBefore, nonce);
        bytes32 digest = _digest(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, terms);
        _transferIfSigned(terms, digest, StrictSignature.isValid(from, digest, signature));
    }

    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        Authorization memory terms = Authorization(from, to, value, validAfter, validBefore, nonce);
        bytes32 digest = _digest(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, terms);
        _transferIfSigned(terms, digest, _isSigner(from, digest, v, r, s));
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
        Authorization memory terms = Authorization(from, to, value, validAfter, validBefore, nonce);
        bytes32 digest = _digest(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, terms);
        _transferIfSigned(terms, digest, StrictSignature.isValid(from, digest, signature));
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (msg.sender != to) revert CallerNotPayee(msg.sender, to);
        Authorization memory terms = Authorization(from, to, value, validAfter, validBefore, nonce);
        bytes32 digest = _digest(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, terms);
        _transferIfSigned(terms, digest, _isSigner(from, digest, v, r, s));
    }

    /// @notice Makes `nonce` useless before it is used, by a signature of `authorizer`.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature)
        external
    {
        bytes32 digest = TypedData.digest(
            DOMAIN_SEPARATOR(),
            keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce))
        );
        if (!StrictSignature.isValid(authorizer, digest, signature)) {
            revert AuthorizationSignatureInvalid(authorizer, digest);
        }
        _useNonce(authorizer, nonce);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function name() public pure override returns (string memory) {
        return "Dev USD";
    }

    function symbol() public pure override returns (string memory) {
        return "devUSD";
    }

    /// @notice The version in the EIP-712 domain.
    function version() external pure returns (string memory) {
        return "1";
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _transferIfSigned(Authorization memory terms, bytes32 digest, bool signed) private {
        if (block.timestamp <= terms.validAfter) {
            revert AuthorizationNotYetValid(terms.validAfter, block.timestamp);
        }
        if (block.timestamp >= terms.validBefore) {
            revert AuthorizationExpired(terms.validBefore, block.timestamp);
        }
        if (!signed) revert AuthorizationSignatureInvalid(terms.from, digest);
        _useNonce(terms.from, terms.nonce);
        emit AuthorizationUsed(terms.from, terms.nonce);
        _transfer(terms.from, terms.to, terms.value);
    }

    function _useNonce(address authorizer, bytes32 nonce) private {
        if (authorizationState[authorizer][nonce]) {
            revert AuthorizationUsedOrCanceled(authorizer, nonce);
        }
        authorizationState[authorizer][nonce] = true;
    }

    function _digest(bytes32 typeHash, Authorization memory terms) private view returns (bytes32) {
        return TypedData.digest(DOMAIN_SEPARATOR(), keccak256(abi.encode(typeHash, terms)));
    }

    function _isSigner(address from, bytes32 digest, uint8 v, bytes32 r, bytes32 s)
        private
        view
        returns (bool)
    {
        return from != address(0) && StrictSignature.recover(digest, v, r, s) == from;
    }

    function _constantNameHash() internal pure override returns (bytes32) {
        return keccak256("Dev USD");
    }

    /// @dev Permit2 needs an approval here as with most tokens in use.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }
}
