"""Runs a runner of this folder's neighbours with three cases planted: one that passes, one that finds a fault, one that
breaks down. The runner's own cases are left out.

    plant.py RUNNER [OPTION...]      RUNNER: tests/rest/run and so on
"""
import importlib.machinery
import importlib.util
import os
import sys


def planted_passes(_):
    pass


def planted_finds_a_fault(_):
    assert 1 == 2, 'planted'


def planted_breaks_down(_):
    return {}['planted']


def load(path):
    loader = importlib.machinery.SourceFileLoader('runner', path)
    spec = importlib.util.spec_from_loader('runner', loader)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    loader.exec_module(module)
    return module


def main():
    path, options = sys.argv[1], sys.argv[2:]
    runner = load(path)
    plants = [planted_passes, planted_finds_a_fault, planted_breaks_down]
    if path.endswith('rest/run'):
        runner.TESTS += plants
        options += [f.__name__ for f in plants]
    elif hasattr(runner, 'CASES') or hasattr(runner, 'cases'):
        (runner.CASES if hasattr(runner, 'CASES') else runner.cases.CASES).extend(plants)
        options += ['--only', 'planted']
    else:  # its cases are its functions of that name
        for f in plants:
            setattr(runner, 'test_' + f.__name__, f)
        options += ['--only', 'planted']
    sys.argv = [path] + options
    return runner.main()


if __name__ == '__main__':
    sys.exit(main())
