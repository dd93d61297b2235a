using System.Globalization;

namespace TorchSharp.SparseConv.Data.Tests.Files;

internal sealed class TextFileTests
{
    [Test]
    public void Every_number_comes_back([Values(".csv", ".xyz", ".txt")] string ending)
    {
        using var folder = new TempFolder();
        foreach (var cloud in new[] { Clouds.Rich(), Clouds.Far(), Clouds.Rich(500) })
        {
            TextFile.Write(folder["a" + ending], cloud);
            var again = PointCloudFile.Read(folder["a" + ending]);
            Clouds.AssertEqual(
                new PointCloud(again.Positions, again.Origin),
                new PointCloud(cloud.Positions, cloud.Origin)
            );
            Assert.That(
                again.Attributes.Select(a => (a.Name, a.Components)),
                Is.EqualTo(cloud.Attributes.Select(a => (a.Name, a.Components)))
            );
            foreach (var attribute in cloud.Attributes)
            {
                Assert.That(
                    again.Find(attribute.Name)!.Values.ToDouble(),
                    Is.EqualTo(attribute.Values.ToDouble()),
                    attribute.Name
                );
            }
        }
    }

    [TestCase("1 2 3\n4 5 6", "", "")]
    [TestCase("  1   2\t 3 \n\n4 5  6\n", "", "")]
    [TestCase("1;2;3;7\n4;5;6;8.5\n", "column4 Float32 (2)", "7 8.5")]
    [TestCase("\ufeffX,Y,Z,R,G,B\r\n1,2,3,0,0,0\r\n4,5,6,255,1,2\r\n", "color UInt8 (2, 3)", "0 0 0 255 1 2")]
    [TestCase("//X Y Z Return Number\n1 2 3 4 5\n4 5 6 7 8\n", "Return Int32 (2)|Number Int32 (2)", "4 7")]
    [TestCase("# z y x label\n# more\n3 2 1 9\n6 5 4 10\n", "label Int32 (2)", "9 10")]
    [TestCase("x\ty\tz\tGPS time\n1\t2\t3\t123456789.123\n4\t5\t6\t1\n", "GPS\tFloat64", "")]
    [TestCase(
        "\"x\", \"y\", \"z\", \"a,b\"\n1, 2, 3, 9007199254740993\n\"4\", 5, 6, 0\n",
        "a,b Int64 (2)",
        "9007199254740993 0"
    )]
    [TestCase("x y z f\n1 2 3 nan\n4 5 6 -inf\n", "f Float32 (2)", "NaN -Infinity")]
    public void Text_of_many_hands_is_read(string text, string attributes, string values)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.txt"], text);
        var cloud = TextFile.Read(folder["a.txt"]);
        Assert.That(cloud.Positions, Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
        if (attributes.StartsWith("GPS", StringComparison.Ordinal))
        {
            Assert.That(cloud.Attributes[0].ToString(), Is.EqualTo("GPS_time Float64 (2)"));
            return;
        }
        Assert.That(string.Join('|', cloud.Attributes), Is.EqualTo(attributes));
        if (values.Length > 0)
        {
            var found = cloud
                .Attributes[0]
                .Values.Values.Cast<IFormattable>()
                .Select(v => v.ToString(null, CultureInfo.InvariantCulture));
            Assert.That(string.Join(' ', found), Is.EqualTo(values));
        }
    }

    [Test]
    public void Given_names_stand_over_those_of_the_file()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.xyz"], "3 1 2 9\n");
        var cloud = TextFile.Read(folder["a.xyz"], ["z", "x", "y", "label"]);
        Assert.That(cloud.Positions, Is.EqualTo(new float[] { 1, 2, 3 }));
        Assert.That(cloud.Labels, Is.EqualTo(new[] { 9 }));
    }

    [TestCase("", "no points")]
    [TestCase("1 2\n", "no property z")]
    [TestCase("1 2 3\n4 5\n", "at byte 6: the line has 2 columns, expected 3")]
    [TestCase("1,2,3\n4,5,\n", "column z is \"\"")]
    [TestCase("1,2,3\n4,five,6\n", "at byte 6: column y is \"five\"")]
    [TestCase("1,2,3\n4,1e,6\n", "column y is \"1e\"")]
    [TestCase("# made by me\n1 2 3\n", "names no column x")]
    [TestCase("x,y,z,x\n1,2,3,4\n", "x occurs twice")]
    [TestCase("x,y,z\n1,2,\"3\n", "is no table")]
    public void Malformed_text_is_refused(string text, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.csv"], text);
        Assert.That(
            () => TextFile.Read(folder["a.csv"]),
            Throws.TypeOf<PointCloudException>().With.Message.Contains(problem)
        );
    }

    [Test]
    public void A_line_without_end_is_refused()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.csv"], "1,2,3\n" + new string('1', 5_000_000));
        Assert.That(() => TextFile.Read(folder["a.csv"]), Throws.TypeOf<PointCloudException>());
    }
}
