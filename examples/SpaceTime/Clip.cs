using System.Numerics;

namespace SpaceTime;

/// <summary>A sequence of frames: voxels (x, y, z, t) with what the object of each does.</summary>
internal sealed record Clip(int[] Coordinates, Motion[] Labels)
{
    // Objects stand on a lattice of places, at most one on each, so that none ever touches another.
    private const int PlacesAnAxis = 2;
    private const float Apart = 2 * Body.Reach;

    /// <summary>The number of voxels.</summary>
    public int Count => Labels.Length;

    /// <summary>Objects that each do something at random, in frames of equal distance; at most 8 objects.</summary>
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
