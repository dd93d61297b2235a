using Spectre.Console;

namespace PointCloudSegmentation.Reports;

/// <summary>Where results lie, one absolute path a line, never wrapped.</summary>
internal static class PathList
{
    public static void Print(IAnsiConsole console, IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            console.Profile.Out.Writer.WriteLine(Path.GetFullPath(path));
        }
    }
}
