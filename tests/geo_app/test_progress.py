"""Progress in a terminal that takes plain lines only."""

from geo_app.progress import on_terminal


def test_one_long_step_is_reported_again_as_it_moves(capsys):
    with on_terminal("Demo") as progress:
        for done in range(60, 101):
            progress(done, 100, "writing")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["Demo:  60 % writing", "Demo:  65 % writing"]
    assert lines[-1] == "Demo: 100 % writing"
    assert len(lines) == 9
