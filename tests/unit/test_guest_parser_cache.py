"""What jedi keeps on disk stays whole."""

from __future__ import annotations

from guests import guest


def test_a_save_that_is_interrupted_leaves_the_file_as_it_was() -> None:
    """And nothing beside it."""
    assert guest(
        """
        plain('''
        import pickle, tempfile
        from pathlib import Path
        from subinterp_guest import assist
        import parso.cache

        class Interrupted:
            def __reduce__(self):
                raise KeyboardInterrupt

        def save(item):
            parso.cache._save_to_file_system("g", "m.py", item, cache_path=folder)

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            save("whole")
            try:
                save([bytes(10**6), Interrupted()])
            except KeyboardInterrupt:
                [file] = [path for path in folder.rglob("*") if not path.is_dir()]
                print(pickle.loads(file.read_bytes()))
        ''')
        report(text())
        """
    ) == ("whole\n")
