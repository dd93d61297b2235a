using System.Buffers.Binary;
using System.Text;

namespace TorchSharp.SparseConv.Data.Tests;

internal sealed class PlyWriterTests
{
    [Test]
    public void The_file_holds_header_and_points_byte_for_byte()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([1, 2, 3, -1, -2, -3]);
        PlyWriter.Write(folder["a.ply"], cloud, [1, 0], [new Rgb(1, 2, 3), new Rgb(250, 251, 252)]);
        const string Header =
            "ply\nformat binary_little_endian 1.0\nelement vertex 2\n"
            + "property float x\nproperty float y\nproperty float z\n"
            + "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty int label\nend_header\n";
        var bytes = File.ReadAllBytes(folder["a.ply"]);
        var body = bytes.AsSpan(Header.Length);
        Assert.That(Encoding.ASCII.GetString(bytes, 0, Header.Length), Is.EqualTo(Header));
        Assert.That(body.Length, Is.EqualTo(2 * 19));
        Assert.That(BinaryPrimitives.ReadSingleLittleEndian(body[4..]), Is.EqualTo(2));
        Assert.That(body[12..15].ToArray(), Is.EqualTo(new byte[] { 250, 251, 252 }));
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(body[15..]), Is.EqualTo(1));
        Assert.That(BinaryPrimitives.ReadSingleLittleEndian(body[27..]), Is.EqualTo(-3));
    }

    [Test]
    public void More_points_than_one_buffer_all_arrive()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([.. Enumerable.Range(0, 3 * 10_000).Select(i => (float)i)]);
        PlyWriter.Write(folder["a.ply"], cloud, new int[10_000], [default]);
        var bytes = File.ReadAllBytes(folder["a.ply"]);
        Assert.That(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(bytes.Length - 19)), Is.EqualTo(29_997));
    }

    [Test]
    public void Labels_that_do_not_fit_leave_no_file()
    {
        using var folder = new TempFolder();
        var cloud = new PointCloud([1, 2, 3]);
        Assert.That(() => PlyWriter.Write(folder["a.ply"], cloud, [], [default]), Throws.ArgumentException);
        Assert.That(
            () => PlyWriter.Write(folder["a.ply"], cloud, [1], [default]),
            Throws.ArgumentException.With.Message.Contains("labels[0] is 1")
        );
        Assert.That(
            () => PlyWriter.Write(folder["a.ply"], cloud, [-1], [default]),
            Throws.ArgumentException.With.Message.Contains("labels[0] is -1")
        );
        Assert.That(File.Exists(folder["a.ply"]), Is.False);
    }
}
