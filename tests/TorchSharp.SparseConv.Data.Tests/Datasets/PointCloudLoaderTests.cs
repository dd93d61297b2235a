using System.Collections.Concurrent;

namespace TorchSharp.SparseConv.Data.Tests.Datasets;

internal sealed class PointCloudLoaderTests
{
    [Test]
    public void Batches_are_the_same_however_many_workers([Values] LoadingOrder order)
    {
        var expected = Describe(Loader(new Numbers(23), 1, 1, order));
        foreach (var (workers, ahead) in new[] { (1, 4), (2, 1), (3, 2), (8, 100) })
        {
            var dataset = new Numbers(23) { Delay = index => index * 7 % 5 };
            Assert.That(Describe(Loader(dataset, workers, ahead, order)), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Every_cloud_comes_once_an_epoch_in_an_order_of_its_own()
    {
        var loader = Loader(new Numbers(23), 2, 4, LoadingOrder.Shuffled);
        var first = loader.Epoch(0).SelectMany(batch => batch.Indices).ToArray();
        var second = loader.Epoch(1).SelectMany(batch => batch.Indices).ToArray();
        Assert.That(first, Is.EquivalentTo(Enumerable.Range(0, 23)).And.Not.Ordered);
        Assert.That(second, Is.EquivalentTo(first).And.Not.EqualTo(first));
        Assert.That(loader.BatchCount, Is.EqualTo(6));
        Assert.That(loader.Epoch(0).Select(batch => batch.Clouds.Count), Is.EqualTo(new[] { 4, 4, 4, 4, 4, 3 }));
        var plain = new PointCloudLoader(new Numbers(5), 2) { Order = LoadingOrder.Sequential };
        Assert.That(plain.Epoch(7).SelectMany(batch => batch.Indices), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        Assert.That(plain.Epoch(0).Select(batch => batch.Clouds[0].Positions[0]), Is.EqualTo(new float[] { 0, 2, 4 }));
    }

    [Test]
    public void An_epoch_goes_on_from_any_batch_without_loading_those_before()
    {
        var whole = Loader(new Numbers(23), 2, 4, LoadingOrder.Shuffled).Epoch(3).ToList();
        var loaded = new ConcurrentBag<int>();
        var dataset = new Numbers(23)
        {
            Delay = index =>
            {
                loaded.Add(index);
                return 0;
            },
        };
        var loader = Loader(dataset, 2, 4, LoadingOrder.Shuffled);
        var rest = loader.Epoch(3, firstBatch: 4).ToList();
        Assert.That(rest.Select(batch => batch.Number), Is.EqualTo(new[] { 4, 5 }));
        Assert.That(
            rest.Select(batch => batch.Clouds[0].Positions),
            Is.EqualTo(whole.Skip(4).Select(batch => batch.Clouds[0].Positions))
        );
        Assert.That(loaded, Is.EquivalentTo(rest.SelectMany(batch => batch.Indices)));
        Assert.That(loader.Epoch(3, firstBatch: 6), Is.Empty);
        Assert.That(() => loader.Epoch(3, firstBatch: 7), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => loader.Epoch(3, firstBatch: -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Augmentation_differs_by_cloud_and_epoch()
    {
        var loader = new PointCloudLoader(new Numbers(4), 1)
        {
            Order = LoadingOrder.Sequential,
            Augmentation = Augmentation.Default,
        };
        var positions = Enumerable
            .Range(0, 2)
            .SelectMany(epoch => loader.Epoch(epoch))
            .Select(batch => batch.Clouds[0].Positions[1]);
        Assert.That(positions.Distinct().Count(), Is.EqualTo(8));
    }

    [Test]
    public void What_the_data_set_throws_comes_in_its_place()
    {
        var dataset = new Numbers(20) { Broken = 9 };
        var seen = 0;
        var loader = new PointCloudLoader(dataset, 2) { Order = LoadingOrder.Sequential, Workers = 3 };
        var error = Assert.Throws<PointCloudException>(() =>
        {
            foreach (var batch in loader.Epoch(0))
            {
                seen += batch.Clouds.Count;
            }
        })!;
        Assert.That(error.FilePath, Is.EqualTo("cloud 9"));
        Assert.That(seen, Is.EqualTo(8));
        AssertNoThreadLeft(dataset);
    }

    [Test]
    public void Cancellation_reaches_the_consumer()
    {
        using var source = new CancellationTokenSource();
        var dataset = new Numbers(1000) { Delay = _ => 1 };
        var loader = new PointCloudLoader(dataset, 1) { Workers = 3 };
        var error = Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var batch in loader.Epoch(0, source.Token))
            {
                if (batch.Number == 5)
                {
                    source.Cancel();
                }
            }
        })!;
        Assert.That(error.CancellationToken, Is.EqualTo(source.Token));
        AssertNoThreadLeft(dataset);
        Assert.That(() => loader.Epoch(0, source.Token).First(), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    [CancelAfter(20_000)]
    public void Cancellation_does_not_wait_for_a_batch(CancellationToken timeout)
    {
        using var source = new CancellationTokenSource(50);
        using var release = new ManualResetEventSlim();
        var dataset = new Numbers(10)
        {
            Delay = _ =>
            {
                release.Wait(500, timeout);
                return 0;
            },
        };
        Assert.That(
            () => new PointCloudLoader(dataset, 1).Epoch(0, source.Token).Count(),
            Throws.InstanceOf<OperationCanceledException>()
        );
        release.Set();
        AssertNoThreadLeft(dataset);
    }

    [Test]
    public void A_consumer_that_leaves_takes_the_threads_along()
    {
        var dataset = new Numbers(1000);
        Assert.That(
            new PointCloudLoader(dataset, 1) { Workers = 4 }
                .Epoch(0)
                .Take(3)
                .Count(),
            Is.EqualTo(3)
        );
        AssertNoThreadLeft(dataset);
        Assert.That(dataset.Loaded, Is.LessThan(50));
    }

    [Test]
    public void No_more_is_loaded_ahead_than_allowed()
    {
        var dataset = new Numbers(100);
        var loader = new PointCloudLoader(dataset, 1) { Workers = 4, BatchesAhead = 3 };
        foreach (var batch in loader.Epoch(0))
        {
            Thread.Sleep(1);
            // Those taken, those in the queue, and the one that waits to be queued.
            Assert.That(dataset.Loaded, Is.LessThanOrEqualTo(batch.Number + 1 + 3 + 1));
        }
        Assert.That(dataset.Loaded, Is.EqualTo(100));
        AssertNoThreadLeft(dataset);
    }

    [Test]
    public void An_empty_data_set_has_no_batches() =>
        Assert.That(new PointCloudLoader(new Numbers(0), 4).Epoch(0), Is.Empty);

    [Test]
    public void Misuse_is_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(
                () => new PointCloudLoader(new Numbers(1), 0),
                Throws.InstanceOf<ArgumentOutOfRangeException>()
            );
            Assert.That(
                () => new PointCloudLoader(new Numbers(1), 1) { Workers = 0 },
                Throws.InstanceOf<ArgumentOutOfRangeException>()
            );
            Assert.That(
                () => new PointCloudLoader(new Numbers(1), 1) { BatchesAhead = 0 },
                Throws.InstanceOf<ArgumentOutOfRangeException>()
            );
            Assert.That(
                () => new PointCloudLoader(new Numbers(1), 1).Epoch(-1),
                Throws.InstanceOf<ArgumentOutOfRangeException>()
            );
        });

    private static PointCloudLoader Loader(Numbers dataset, int workers, int ahead, LoadingOrder order) =>
        new(dataset, 4)
        {
            Workers = workers,
            BatchesAhead = ahead,
            Seed = 11,
            Order = order,
            Augmentation = Augmentation.Default,
        };

    private static string[] Describe(PointCloudLoader loader) =>
        [
            .. Enumerable
                .Range(0, 2)
                .SelectMany(epoch => loader.Epoch(epoch))
                .Select(batch =>
                    $"{batch.Number}: {string.Join(' ', batch.Indices)}: "
                    + $"{string.Join(' ', batch.Clouds.SelectMany(cloud => cloud.Positions))}"
                ),
        ];

    private static void AssertNoThreadLeft(Numbers dataset) =>
        Assert.That(dataset.Threads.Keys.Where(thread => thread.IsAlive), Is.Empty);

    // Clouds of one point, which says which it is.
    private sealed class Numbers(int count) : IPointCloudDataset
    {
        private int _loaded;

        public ConcurrentDictionary<Thread, bool> Threads { get; } = new();

        public int Loaded => Volatile.Read(ref _loaded);

        public Func<int, int>? Delay { get; init; }

        public int? Broken { get; init; }

        public int Count => count;

        public IReadOnlyList<string> ClassNames => ["point"];

        public IReadOnlyList<Rgb> ClassColors => [default];

        public int IgnoreLabel => -1;

        public string Name(int index) => $"cloud {index}";

        public PointCloud Load(int index)
        {
            Threads[Thread.CurrentThread] = true;
            Interlocked.Increment(ref _loaded);
            Thread.Sleep(Delay?.Invoke(index) ?? 0);
            return index == Broken
                ? throw new PointCloudException(Name(index), "is broken")
                : new PointCloud([index, 1, 2], null, [0]);
        }
    }
}
