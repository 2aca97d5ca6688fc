"""What users hand in and get back: images, boxes, keypoints, outputs."""
