namespace TorchSharp.SparseConv.Data.Tests;

/// <summary>The viewer page in a real browser: what it draws, and what its controls do to that.</summary>
[NonParallelizable]
internal sealed class ViewerInBrowserTests
{
    private static readonly int[] WrongColor = [0xff, 0x4d, 0x4d];

    private Browser _browser = null!;
    private TempFolder _folder = null!;
    private string _street = "";
    private string _levels = "";

    [OneTimeSetUp]
    public void Start()
    {
        _browser = Browser.Start();
        _folder = new TempFolder();
        _street = _folder["street.html"];
        _levels = _folder["levels.html"];
        SamplePages.Street().Save(_street);
        SamplePages.Levels().Save(_levels);
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _browser?.Dispose();
        _folder?.Dispose();
    }

    [Test]
    public void It_draws_points_in_every_pane_and_asks_the_network_for_nothing()
    {
        _browser.Open(_street);
        _browser.Look("all", "#stage");
        _browser.Click("#legend .columns button");
        _browser.Look("none", "#stage");
        Assert.Multiple(() =>
        {
            Assert.That(_browser.Difference("all", "none", Browser.Left), Is.GreaterThan(10_000));
            Assert.That(_browser.Difference("all", "none", Browser.Right), Is.GreaterThan(10_000));
            Assert.That(_browser.Problems(), Is.Empty);
            Assert.That(_browser.Requests(), Has.Length.EqualTo(1), "the page itself and nothing else");
            Assert.That(_browser.Requests(), Is.All.StartWith("file:"));
            Assert.That(_browser.Text(".caption"), Is.EqualTo("Truth"));
        });
    }

    [Test]
    public void A_class_goes_and_comes_back_at_a_click()
    {
        _browser.Open(_street);
        _browser.Click("label:has(#shading)");
        int[] building = [255, 200, 0];
        _browser.Look("with", "#stage");
        _browser.Click(".class:has-text('building')");
        _browser.Look("without", "#stage");
        _browser.Click(".class:has-text('building')");
        _browser.Look("again", "#stage");
        Assert.Multiple(() =>
        {
            Assert.That(_browser.Colored("with", building, Browser.Left), Is.GreaterThan(500));
            Assert.That(_browser.Colored("without", building, Browser.Whole), Is.Zero);
            Assert.That(_browser.Difference("with", "again", Browser.Whole), Is.Zero);
        });
    }

    [Test]
    public void A_class_alone_leaves_nothing_else()
    {
        _browser.Open(_street);
        _browser.Click(".class:has-text('building')", "Shift");
        Assert.That(_browser.Count(".class[aria-pressed=true]"), Is.EqualTo(1));
        _browser.Look("alone", "#stage");
        _browser.Click(".class:has-text('building')");
        _browser.Look("nothing", "#stage");
        Assert.That(_browser.Difference("alone", "nothing", Browser.Left), Is.GreaterThan(500));
        _browser.Click("#legend .columns button");
        Assert.That(_browser.Count(".class[aria-pressed=false]"), Is.Zero);
    }

    [Test]
    public void The_panes_move_together_by_mouse_and_by_keys()
    {
        _browser.Open(_street);
        _browser.Look("before", "#stage");
        _browser.Drag("#canvas", 120, 30);
        _browser.Look("dragged", "#stage");
        _browser.Press("ArrowRight", "#canvas");
        _browser.Look("turned", "#stage");
        _browser.Press("r");
        _browser.Look("reset", "#stage");
        Assert.Multiple(() =>
        {
            foreach (var part in new[] { Browser.Left, Browser.Right })
            {
                Assert.That(_browser.Difference("before", "dragged", part), Is.GreaterThan(5_000));
                Assert.That(_browser.Difference("dragged", "turned", part), Is.GreaterThan(5_000));
            }
            Assert.That(_browser.Difference("before", "reset", Browser.Left), Is.LessThan(200));
        });
    }

    [Test]
    public void Errors_are_red_in_the_numbers_that_the_legend_tells()
    {
        _browser.Open(_street);
        _browser.Click("label:has(#shading)");
        _browser.Select("#coloring", "@error");
        _browser.Look("errors", "#stage");
        Assert.That(_browser.Colored("errors", WrongColor, Browser.Right), Is.GreaterThan(300));
        Assert.That(_browser.Count("#legend section:first-child .class"), Is.EqualTo(3));
        _browser.Click(".class:has-text('Wrong')");
        _browser.Look("right", "#stage");
        Assert.That(_browser.Colored("right", WrongColor, Browser.Whole), Is.Zero);
    }

    [Test]
    public void Numbers_are_coloured_on_a_map_whose_range_can_be_set()
    {
        _browser.Open(_street);
        _browser.Look("classes", "#stage");
        _browser.Select("#coloring", "@height");
        _browser.Look("height", "#stage");
        _browser.Fill(".scale input >> nth=1", "1000");
        _browser.Press("Enter", ".scale input >> nth=1");
        _browser.Look("wide", "#stage");
        _browser.Select(".scale select", "turbo");
        _browser.Look("turbo", "#stage");
        _browser.Select("#coloring", "intensity");
        _browser.Look("intensity", "#stage");
        Assert.Multiple(() =>
        {
            foreach (
                var (one, other) in new[]
                {
                    ("classes", "height"),
                    ("height", "wide"),
                    ("wide", "turbo"),
                    ("turbo", "intensity"),
                }
            )
            {
                Assert.That(_browser.Difference(one, other, Browser.Left), Is.GreaterThan(5_000), $"{one}, {other}");
            }
            Assert.That(_browser.Problems(), Is.Empty);
        });
    }

    [Test]
    public void Large_numbers_that_lie_close_together_stay_apart()
    {
        var times = Enumerable.Range(0, 1000).Select(i => 3e9 + i / 1000.0).ToArray();
        var cloud = new PointCloud([.. Enumerable.Range(0, 3000).Select(i => (float)i)]).With(
            new PointAttribute("time", times)
        );
        var path = _folder["times.html"];
        new ViewerPage("Times") { ColorBy = "time" }
            .Add("Line", cloud)
            .Save(path);
        _browser.Open(path);
        Assert.That(
            _browser
                .Evaluate("[...document.querySelectorAll('.scale input')].map((input) => input.valueAsNumber - 3e9)")
                .EnumerateArray()
                .Select(value => value.GetDouble()),
            Is.EqualTo(new[] { 0.01, 0.99 }).Within(0.002)
        );
    }

    [Test]
    public void Colours_of_the_points_are_shown_as_they_are()
    {
        const int Side = 60;
        var positions = new float[3 * Side * Side];
        var colors = new byte[positions.Length];
        for (var i = 0; i < Side * Side; i++)
        {
            (positions[3 * i], positions[3 * i + 1]) = (i % Side, i / Side);
            (colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]) =
                i % Side < Side / 2 ? ((byte)200, (byte)40, (byte)90) : ((byte)30, (byte)160, (byte)220);
        }
        var path = _folder["colors.html"];
        new ViewerPage("Colours")
            .Add("Square", new PointCloud(positions, Origin.Zero, new PointAttribute("color", colors, 3)))
            .Save(path);
        _browser.Open(path);
        _browser.Click("label:has(#shading)");
        _browser.Look("colors", "#stage");
        Assert.Multiple(() =>
        {
            Assert.That(_browser.Colored("colors", [200, 40, 90], Browser.Whole), Is.GreaterThan(1_000));
            Assert.That(_browser.Colored("colors", [30, 160, 220], Browser.Whole), Is.GreaterThan(1_000));
        });
    }

    [Test]
    public void The_slider_shows_the_voxels_of_another_level()
    {
        _browser.Open(_levels);
        var fine = _browser.Text("#level-text");
        _browser.Look("fine", "#stage");
        _browser.Press("ArrowRight", "#level");
        _browser.Look("coarser", "#stage");
        var coarser = _browser.Text("#level-text");
        _browser.Press("End", "#level");
        var coarsest = _browser.Text("#level-text");
        _browser.Press("[");
        Assert.Multiple(() =>
        {
            Assert.That(fine, Does.StartWith("stride 1 ").And.EndWith("voxels of 0.2 m"));
            Assert.That(coarser, Does.StartWith("stride 2 ").And.EndWith("voxels of 0.4 m"));
            Assert.That(coarsest, Does.StartWith("stride 16 "));
            Assert.That(_browser.Text("#level-text"), Does.StartWith("stride 8 "));
            Assert.That(_browser.Difference("fine", "coarser", [0.51, 0.15, 1, 0.8]), Is.GreaterThan(5_000));
            Assert.That(_browser.Difference("fine", "coarser", [0, 0.15, 0.49, 0.8]), Is.Zero);
            Assert.That(_browser.Problems(), Is.Empty);
        });
    }

    [Test]
    public void A_narrow_screen_and_a_light_one_show_all_of_it()
    {
        _browser.Open(_street, 390, 780, "light");
        _browser.Look("light", "#stage");
        _browser.Click("#legend .columns button");
        _browser.Look("none", "#stage");
        Assert.Multiple(() =>
        {
            Assert.That(_browser.Difference("light", "none", [0, 0.15, 1, 0.45]), Is.GreaterThan(2_000), "upper pane");
            Assert.That(_browser.Difference("light", "none", [0, 0.6, 1, 0.95]), Is.GreaterThan(2_000), "lower pane");
            Assert.That(
                _browser.Evaluate("document.documentElement.scrollWidth <= innerWidth").GetBoolean(),
                Is.True,
                "nothing sticks out"
            );
        });
    }

    [Test]
    public void A_hostile_name_is_text()
    {
        const string Name = "</script><img src=x onerror=\"document.title='taken'\">";
        var cloud = new PointCloud([0, 0, 0, 1, 1, 1], labels: [0, 0]).With(
            new PointAttribute("<b>n</b>", new[] { 1, 2 })
        );
        var path = _folder["hostile.html"];
        new ViewerPage(Name) { Subtitle = Name, Classes = new ClassPalette([Name]) }
            .Add(Name, cloud)
            .AddLevels(Name, new VoxelLevel([0, 0, 0], 1, 1) { Name = Name }, new VoxelLevel([0, 0, 0], 2, 1))
            .Save(path);
        _browser.Open(path);
        Assert.Multiple(() =>
        {
            Assert.That(_browser.Count("img"), Is.Zero);
            Assert.That(_browser.Text("h1"), Is.EqualTo(Name));
            Assert.That(_browser.Text(".class .name"), Is.EqualTo(Name));
            Assert.That(_browser.Text(".caption"), Is.EqualTo(Name));
            Assert.That(_browser.Text("#level-text"), Does.StartWith(Name));
            Assert.That(_browser.Count("#coloring option"), Is.EqualTo(3));
            Assert.That(_browser.Evaluate("document.title").GetString(), Is.EqualTo(Name));
            Assert.That(_browser.Problems(), Is.Empty);
        });
    }

    [Test]
    public void Nothing_at_all_makes_a_page_without_errors()
    {
        var path = _folder["nothing.html"];
        new ViewerPage("Nothing")
            .Add("No points", new PointCloud([]))
            .AddLevels("No voxels", new VoxelLevel([], 1, 1))
            .Save(path);
        _browser.Open(path);
        Assert.That(_browser.Problems(), Is.Empty);
        Assert.That(_browser.Count("#failure:visible"), Is.Zero);
    }

    [Test]
    public void A_million_points_turn_with_what_the_machine_keeps_up_with_and_rest_complete()
    {
        var path = _folder["million.html"];
        SamplePages.Million().Save(path);
        _browser.Open(path);
        var (milliseconds, drawn) = _browser.Frames("#canvas", 16);
        var median = milliseconds[8..].Order().ElementAt(4);
        _browser.Look("rest", "#stage");
        TestContext.Out.WriteLine(
            $"{median:F0} ms a frame while turning (software rendering), {drawn[^1]:N0} of 1,000,000 points drawn"
        );
        Assert.Multiple(() =>
        {
            Assert.That(
                drawn[^1] < 1_000_000 || median < 60,
                "where a frame takes long, fewer points are drawn while the view moves"
            );
            Assert.That(
                _browser.Evaluate("document.getElementById('canvas').dataset.drawn").GetString(),
                Is.EqualTo("1000000")
            );
            Assert.That(_browser.Problems(), Is.Empty);
        });
    }
}
