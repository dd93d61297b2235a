namespace TorchSharp.SparseConv.Data.Tests;

/// <summary>The report page in a real browser.</summary>
[NonParallelizable]
internal sealed class ReportInBrowserTests
{
    private Browser _browser = null!;
    private TempFolder _folder = null!;
    private string _report = "";

    [OneTimeSetUp]
    public void Start()
    {
        _browser = Browser.Start();
        _folder = new TempFolder();
        _report = _folder["report.html"];
        SamplePages.Training().Save(_report);
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _browser?.Dispose();
        _folder?.Dispose();
    }

    [Test]
    public void It_draws_every_chart_and_asks_the_network_for_nothing()
    {
        _browser.Open(_report);
        Assert.Multiple(() =>
        {
            foreach (var chart in Enumerable.Range(0, 4))
            {
                Assert.That(InkOf(chart), Is.GreaterThan(500), $"chart {chart} has curves");
            }
            Assert.That(_browser.Count("h2"), Is.EqualTo(7));
            Assert.That(_browser.Problems(), Is.Empty);
            Assert.That(_browser.Requests(), Has.Length.EqualTo(1));
            Assert.That(_browser.Text(".figures"), Does.Contain("192").And.Contain("mIoU"));
        });
    }

    [Test]
    public void The_cursor_reads_a_curve()
    {
        _browser.Open(_report);
        var end = _browser.Text(".key");
        _browser.Hover(".u-over");
        var middle = _browser.Text(".key");
        Assert.That(end, Does.Contain("step 192, epoch 8.00"));
        Assert.That(middle, Does.Match(@"step \d+, epoch [345]\.\d\d").And.Contain("mean of 24 steps"));
    }

    [Test]
    public void The_matrix_tells_its_numbers()
    {
        _browser.Open(_report);
        var classes = _browser.Count(".bars .track");
        var titles = _browser.Evaluate("[...document.querySelectorAll('.matrix title')].map((t) => t.textContent)");
        var texts = titles.EnumerateArray().Select(title => title.GetString()).ToArray();
        Assert.That(texts, Has.Some.Match(@"^road taken for parking: [\d,]+ of [\d,]+ points, \d+\.\d %$"));
        Assert.That(texts, Has.Length.GreaterThanOrEqualTo(classes * classes));
    }

    [Test]
    public void A_narrow_light_screen_shows_all_of_it()
    {
        _browser.Open(_report, 390, 780, "light");
        Assert.That(_browser.Evaluate("document.documentElement.scrollWidth <= innerWidth").GetBoolean(), Is.True);
        Assert.That(InkOf(0), Is.GreaterThan(500));
        Assert.That(_browser.Problems(), Is.Empty);
    }

    [Test]
    public void A_page_without_numbers_and_one_with_a_single_step_are_pages_too()
    {
        var path = _folder["empty.html"];
        new TrainingReportPage("Nothing yet").Save(path);
        _browser.Open(path);
        Assert.That(_browser.Problems(), Is.Empty);
        new TrainingReportPage("One") { Steps = [new(1, 0.1, double.NaN)] }.Save(path);
        _browser.Open(path);
        Assert.That(_browser.Problems(), Is.Empty);
        Assert.That(_browser.Count(".u-wrap"), Is.EqualTo(3));
    }

    // Pixels of a chart that are not transparent and have a colour: curves, for axes are grey.
    private int InkOf(int chart) =>
        _browser
            .Evaluate(
                $$"""
                (() => {
                  const canvas = document.querySelectorAll(".chart canvas")[{{chart}}];
                  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                  let count = 0;
                  for (let i = 0; i < data.length; i += 4) {
                    const channels = [data[i], data[i + 1], data[i + 2]];
                    count += data[i + 3] > 40 && Math.max(...channels) - Math.min(...channels) > 60;
                  }
                  return count;
                })()
                """
            )
            .GetInt32();
}
