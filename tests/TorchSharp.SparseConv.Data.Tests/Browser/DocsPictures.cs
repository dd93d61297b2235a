using System.Runtime.CompilerServices;

namespace TorchSharp.SparseConv.Data.Tests;

/// <summary>
/// Writes docs/pictures from the tests' pages; docs/pictures/take.sh runs it and makes the files small.
/// </summary>
internal sealed class DocsPictures
{
    private Browser _browser = null!;
    private TempFolder _folder = null!;
    private string _pictures = "";

    [OneTimeSetUp]
    public void Start()
    {
        _browser = Browser.Start();
        _folder = new TempFolder();
        _pictures = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "docs", "pictures"));
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _browser?.Dispose();
        _folder?.Dispose();
    }

    [TestCase("dark", "viewer-classes")]
    [TestCase("light", "viewer-classes-light")]
    public void Classes(string scheme, string name) => Take(name, SamplePages.Street(), scheme: scheme);

    [Test]
    public void Errors() => Take("viewer-errors", SamplePages.Street(ViewerPage.Error));

    [Test]
    public void Levels() => Take("viewer-levels", SamplePages.Levels(), act: () => _browser.Press("]"));

    [Test]
    public void Phone() => Take("viewer-phone", SamplePages.Street(ViewerPage.Height), 390, 780);

    [Test]
    public void Report()
    {
        var page = _folder["report.html"];
        SamplePages.Training().Save(page);
        _browser.Open(page, 1200, 2150, "light");
        Save("training-report");
    }

    private void Take(
        string name,
        ViewerPage page,
        int width = 1280,
        int height = 720,
        string scheme = "dark",
        Action? act = null
    )
    {
        var path = _folder[name + ".html"];
        page.Save(path);
        _browser.Open(path, width, height, scheme);
        act?.Invoke();
        _browser.Look(name);
        Save(name);
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private void Save(string name) => _browser.Screenshot(Path.Combine(_pictures, name + ".png"));
}
