using System.Numerics;

namespace SpaceTime;

/// <summary>A sequence of frames: voxels (x, y, z, t), each labelled with the motion of its object.</summary>
internal sealed record Clip(int[] Coordinates, Motion[] Labels)
{
    // Objects stand on a lattice of places, at most one on each, so that they never touch.
    private const int PlacesAnAxis = 2;
    private const float Apart = 2 * Body.Reach;

    /// <summary>The number of voxels.</summary>
    public int Count => Labels.Length;

    /// <summary>Draws at most 8 objects with random motions, in frames at equal intervals.</summary>
    public static Clip Draw(Random random, int objects, int frames)
    {
        var places = Enumerable.Range(0, PlacesAnAxis * PlacesAnAxis * PlacesAnAxis).ToArray();
        random.Shuffle(places);
        var (coordinates, labels) = (new List<int>(), new List<Motion>());
        foreach (var place in places.Take(objects))
        {
            var motion = (Motion)random.Next(Enum.GetValues<Motion>().Length);
            var body = new Body(motion, Apart * new Vector3(place / 4, place / 2 % 2, place % 2), frames, random);
            for (var frame = 0; frame < frames; frame++)
            {
                foreach (var (x, y, z) in body.At((float)frame / (frames - 1)))
                {
                    coordinates.AddRange([x, y, z, frame]);
                    labels.Add(motion);
                }
            }
        }
        return new Clip([.. coordinates], [.. labels]);
    }
}

/// <summary>
/// An object of two crossing bars with a path through position, angle and size. Its motion decides which of the three
/// changes over time; the others stay at one moment of their own path. Therefore a single frame of a moving object
/// looks like one of a resting object and does not reveal the motion.
/// </summary>
internal sealed class Body
{
    /// <summary>The largest distance of a point of the object from the middle of its path, in voxels.</summary>
    public const float Reach = 9;

    private const float Small = 0.65f;
    private const float Large = 1.25f;

    // Half the length and half the width of a bar at size 1, and the length of the path, in voxels.
    private const float HalfLength = 4;
    private const float HalfWidth = 1.1f;
    private const float Path = 6;

    private readonly Motion _motion;
    private readonly Vector3 _middle;
    private readonly Vector3 _path;
    private readonly Quaternion _pose;
    private readonly Vector3 _axis;
    private readonly float _turn;
    private readonly bool _grows;
    private readonly float _second;
    private readonly (float Place, float Angle, float Size) _moment;

    /// <summary>Makes an object whose path has its middle at a place.</summary>
    public Body(Motion motion, Vector3 middle, int frames, Random random)
    {
        _motion = motion;
        _middle = middle;
        _path = Path * Direction(random);
        _pose = Quaternion.CreateFromAxisAngle(Direction(random), MathF.Tau * random.NextSingle());
        _axis = Direction(random);
        _turn = MathF.PI * (0.5f + (0.5f * random.NextSingle()));
        _grows = random.Next(2) == 0;
        _second = 0.5f + (0.5f * random.NextSingle());
        _moment = (Moment(), Moment(), Moment());

        float Moment() => (float)random.Next(frames) / (frames - 1);
    }

    /// <summary>Returns the voxels of the object at a time from 0 to 1.</summary>
    public IEnumerable<(int X, int Y, int Z)> At(float time)
    {
        var along = (_motion == Motion.Moving ? time : _moment.Place) - 0.5f;
        var centre = _middle + (along * _path);
        var angle = _turn * (_motion == Motion.Turning ? time : _moment.Angle);
        var back = Quaternion.Conjugate(Quaternion.CreateFromAxisAngle(_axis, angle) * _pose);
        var grown = _motion == Motion.Scaling ? time : _moment.Size;
        var size = float.Lerp(Small, Large, _grows ? grown : 1 - grown);
        var first = size * new Vector3(HalfLength, HalfWidth, HalfWidth);
        var second = size * new Vector3(HalfWidth, _second * HalfLength, HalfWidth);
        var radius = first.Length();
        for (var x = Low(centre.X); x <= centre.X + radius; x++)
        {
            for (var y = Low(centre.Y); y <= centre.Y + radius; y++)
            {
                for (var z = Low(centre.Z); z <= centre.Z + radius; z++)
                {
                    var own = Vector3.Abs(Vector3.Transform(new Vector3(x, y, z) - centre, back));
                    if (Within(own, first) || Within(own, second))
                    {
                        yield return (x, y, z);
                    }
                }
            }
        }

        int Low(float middle) => (int)MathF.Ceiling(middle - radius);
    }

    private static bool Within(Vector3 point, Vector3 half) =>
        point.X <= half.X && point.Y <= half.Y && point.Z <= half.Z;

    private static Vector3 Direction(Random random)
    {
        var (sin, cos) = MathF.SinCos(MathF.Tau * random.NextSingle());
        var z = (2 * random.NextSingle()) - 1;
        var round = MathF.Sqrt(1 - (z * z));
        return new Vector3(round * cos, round * sin, z);
    }
}

/// <summary>The motion of an object, which is the class of its voxels.</summary>
internal enum Motion
{
    Still,
    Moving,
    Turning,

    /// <summary>The object grows or shrinks, like an approaching or receding object in a picture.</summary>
    Scaling,
}
