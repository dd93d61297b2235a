using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class ScopeTests
{
    [Test]
    public void AScopeDisposesWhatItsThreadMadeInIt()
    {
        using var outside = zeros(1);
        Tensor inside;
        using (var scope = NewDisposeScope())
        {
            inside = zeros(1) + outside;
            Assert.That(scope.Contains(inside), Is.True);
            Assert.That(scope.Contains(outside), Is.False);
        }

        Assert.That(inside.IsInvalid, Is.True);
        Assert.That(outside.IsInvalid, Is.False);
    }

    [Test]
    public void MovingDetachingAndAttachingChangeTheOwner()
    {
        using var outer = NewDisposeScope();
        Tensor moved,
            detached,
            attached;
        using (var inner = NewDisposeScope())
        {
            moved = zeros(1).MoveToOuterDisposeScope();
            detached = zeros(1).DetachFromDisposeScope();
            attached = zeros(1).DetachFromDisposeScope();
            inner.Attach(attached);
            Assert.That(inner.DisposablesCount, Is.EqualTo(1));
        }

        Assert.That(outer.Contains(moved), Is.True);
        Assert.That(detached.OwningDisposeScope, Is.Null);
        Assert.That(attached.IsInvalid, Is.True);
        outer.Dispose();
        Assert.That(moved.IsInvalid, Is.True);
        Assert.That(detached.IsInvalid, Is.False);
        detached.Dispose();
    }

    [Test]
    public void MovingFromTheOutermostScopeDetaches()
    {
        Tensor tensor;
        using (NewDisposeScope())
        {
            tensor = zeros(1).MoveToOuterDisposeScope();
        }

        Assert.That(tensor.IsInvalid, Is.False);
        Assert.That(tensor.OwningDisposeScope, Is.Null);
        tensor.Dispose();
    }

    [Test]
    public void ATensorCanFollowAnotherTensor()
    {
        using var scope = NewDisposeScope();
        var owner = zeros(1);
        using var free = zeros(1).DetachFromDisposeScope();

        free.MoveToOtherDisposeScope(owner);

        Assert.That(scope.Contains(free), Is.True);
    }

    [Test]
    public void DisposingEverythingButKeepsTheRest()
    {
        using var scope = NewDisposeScope();
        var (first, second, third) = (zeros(1), zeros(1), zeros(1));

        var (kept, also) = scope.DisposeEverythingBut(first, third);

        Assert.That((kept.IsInvalid, second.IsInvalid, also.IsInvalid), Is.EqualTo((false, true, false)));
        Assert.That(scope.DisposablesCount, Is.EqualTo(2));
    }

    [Test]
    public void ScopesMayBeClosedOutOfOrder()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();

        outer.Dispose();
        Assert.That(CurrentDisposeScope, Is.SameAs(inner));
        inner.Dispose();

        Assert.That(CurrentDisposeScope, Is.Null);
    }

    [Test]
    public void AClosedScopeRefusesWork()
    {
        var scope = NewDisposeScope();
        scope.Dispose();
        using var tensor = zeros(1);

        Assert.That(scope.Dispose, Throws.Nothing);
        Assert.That(() => scope.DisposablesCount, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => scope.Attach(tensor), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => scope.Detach(tensor), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void DisposingTwiceIsHarmlessAndUseAfterwardsIsNot()
    {
        var tensor = zeros(1);
        var before = Tensor.TotalCount;
        tensor.Dispose();
        tensor.Dispose();

        Assert.That(Tensor.TotalCount, Is.EqualTo(before - 1));
        Assert.That(() => tensor.shape, Throws.InvalidOperationException.With.Message.Contains("empty handle"));
        Assert.That(() => tensor + 1, Throws.InvalidOperationException);
        Assert.That(() => zeros(1).add(tensor), Throws.InvalidOperationException);
    }

    [Test]
    public void EachThreadHasItsOwnScopesAndStatistics()
    {
        using var scope = NewDisposeScope();
        Tensor? made = null;
        DisposeScope? seen = scope;
        long created = -1;
        var thread = new Thread(() =>
        {
            seen = CurrentDisposeScope;
            made = zeros(1);
            created = DisposeScopeManager.Statistics.CreatedOutsideScopeCount;
        });
        thread.Start();
        thread.Join();

        Assert.That(seen, Is.Null);
        Assert.That(created, Is.EqualTo(1));
        Assert.That(scope.Contains(made!), Is.False);
        made!.Dispose();
    }

    [Test]
    public void StatisticsCountEveryMove()
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        var free = zeros(1);
        using (var scope = NewDisposeScope())
        {
            _ = zeros(1);
            zeros(1).DetachFromDisposeScope().Dispose();
            scope.Attach(free);
        }

        Assert.That(statistics.CreatedOutsideScopeCount, Is.EqualTo(1));
        Assert.That(statistics.CreatedInScopeCount, Is.EqualTo(2));
        Assert.That(statistics.DetachedFromScopeCount, Is.EqualTo(1));
        Assert.That(statistics.AttachedToScopeCount, Is.EqualTo(1));
        Assert.That(statistics.DisposedInScopeCount, Is.EqualTo(2));
        Assert.That(statistics.DisposedOutsideScopeCount, Is.EqualTo(1));
        Assert.That(statistics.ThreadTotalLiveCount, Is.Zero);
    }

    [Test]
    public void ForgottenTensorsAreFreedByTheGarbageCollector()
    {
        var before = Tensor.TotalCount;
        MakeAndForget();
        Assert.That(Tensor.TotalCount, Is.GreaterThan(before));

        Collected.WaitFor(() => Tensor.TotalCount <= before);

        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(before));
    }

    [Test]
    public void AWrappedExpressionLeavesOnlyItsResult()
    {
        var before = Tensor.TotalCount;

        using var result = WrappedTensorDisposeScope(() => (zeros(2) + 1) * 2);

        Assert.That(Numbers.Of(result), Is.EqualTo(new double[] { 2, 2 }));
        Assert.That(Tensor.TotalCount, Is.EqualTo(before + 1));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void MakeAndForget()
    {
        for (var i = 0; i < 10; i++)
        {
            _ = zeros(1);
        }
    }
}
