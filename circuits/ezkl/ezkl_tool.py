"""What only ezkl's Python package can do: compile any ONNX graph that it knows, and write the Solidity verifier of a key.

    python ezkl_tool.py version
    python ezkl_tool.py compile FOLDER              model.onnx, input.json -> settings.json, model.compiled
    python ezkl_tool.py verifier FOLDER SRS         vk, settings.json -> Verifier.sol

Run by src/prover/ezkl/python-ezkl.ts in a folder of its own, with the version that @ezkljs/engine reads.
"""

import asyncio
import os
import sys

import ezkl


async def settled(value):
    """Some functions of the package are coroutines in one version and plain in another."""
    return await value if hasattr(value, "__await__") else value


async def compile_model(folder):
    model, settings = f"{folder}/model.onnx", f"{folder}/settings.json"
    arguments = ezkl.PyRunArgs()
    # Fixed, so that the key is of these weights; with "private" it would be the same for any.
    arguments.input_visibility = "public"
    arguments.output_visibility = "public"
    arguments.param_visibility = "fixed"
    # Five digits of base 128 reach 35 bits, with a table of 128 rows where the default has 16,384.
    arguments.decomp_base = 128
    arguments.decomp_legs = 5
    await settled(ezkl.gen_settings(model, settings, py_run_args=arguments))
    await settled(ezkl.calibrate_settings(f"{folder}/input.json", model, settings, "resources"))
    await settled(ezkl.compile_circuit(model, f"{folder}/model.compiled", settings))


async def write_verifier(folder, srs):
    source = f"{folder}/Verifier.sol"
    try:
        await settled(
            ezkl.create_evm_verifier(
                vk_path=f"{folder}/vk",
                settings_path=f"{folder}/settings.json",
                sol_code_path=source,
                abi_path=f"{folder}/abi.json",
                srs_path=srs,
                reusable=False,
            )
        )
    except RuntimeError as error:
        # The source is written first; then the package fetches a compiler for the ABI, which nobody needs here.
        if "svm" not in str(error) and "solc" not in str(error):
            raise
    if not os.path.exists(source):
        raise SystemExit("ezkl wrote no verifier")


async def main(command, *arguments):
    if command == "version":
        print(ezkl.__version__)
    elif command == "compile":
        await compile_model(*arguments)
    elif command == "verifier":
        await write_verifier(*arguments)
    else:
        raise SystemExit(f"no such command: {command}")


asyncio.run(main(*sys.argv[1:]))
sys.stdout.flush()
# The package's threads may still run, and the interpreter's own end would meet them: a fatal error after all is done.
os._exit(0)
