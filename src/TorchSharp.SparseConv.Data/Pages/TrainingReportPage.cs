namespace TorchSharp.SparseConv.Data;

/// <summary>A web page that tells how a training went: curves of loss, mIoU, learning rate and throughput, IoU of each class, confusion matrix; it needs no network and no server.</summary>
public sealed class TrainingReportPage
{
    /// <summary>A page without numbers yet; what is not given is left out of it.</summary>
    public TrainingReportPage(string title)
    {
        ArgumentNullException.ThrowIfNull(title);
        Title = title;
    }

    /// <summary>The page's heading.</summary>
    public string Title { get; }

    /// <summary>A line beside the heading.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>The run's settings, as they are to be read, in this order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; } = [];

    /// <summary>Every step of the run, the first one first.</summary>
    public IReadOnlyList<TrainingStep> Steps { get; init; } = [];

    /// <summary>How many steps make an epoch; the page counts in epochs, too, where it is positive.</summary>
    public int StepsPerEpoch { get; init; }

    /// <summary>Measurements in the course of the run, in any order.</summary>
    public IReadOnlyList<TrainingScore> Scores { get; init; } = [];

    /// <summary>What the finished network was measured at, with the names of its classes.</summary>
    public ConfusionMatrix? Confusion { get; init; }

    /// <summary>Names and colours of the classes of <see cref="Confusion"/>; null names them by their numbers.</summary>
    public ClassPalette? Classes { get; init; }

    /// <summary>Writes the page to a file, replacing what is there.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Classes"/> has another number of classes than <see cref="Confusion"/>.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var report = new TrainingReport(this);
        using var file = File.Create(path);
        Write(file, report);
    }

    /// <summary>Writes the page as UTF-8.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Classes"/> has another number of classes than <see cref="Confusion"/>.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Write(stream, new TrainingReport(this));
    }

    private void Write(Stream stream, TrainingReport report) =>
        new PageTemplate("report.html")
            .Text("title", Title)
            .Text("subtitle", Subtitle)
            .Resource("style", "page.css", "uplot.css", "report.css")
            .Resource("script", "report.js")
            .Resource("licence", "uplot.licence.txt")
            .Written("report", report.WriteJson)
            .Write(stream);
}
